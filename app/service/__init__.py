"""The HTTP service: `docs/service.md` gives its paths and promises."""
