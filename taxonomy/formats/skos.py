"""SKOS concept schemes in any RDF syntax (W3C, 2009); needs no network: `owl:imports` are not followed."""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from rdflib import Graph, Literal, Namespace
from rdflib.namespace import RDF, SKOS
from rdflib.plugin import PluginException
from rdflib.term import Node as Term
from rdflib.util import guess_format

from catalog.errors import TaxonomyError
from taxonomy.draft import Draft, Drafts
from taxonomy.findings import Finding, Place, error

_LABEL_ORDER = (SKOS.prefLabel, Namespace("http://www.w3.org/2000/01/rdf-schema#").label)


def read_skos(path: Path, locale: str) -> Drafts:
    """Concepts with `prefLabel`, `broader` or `narrower`, `notation` and `definition`.

    The id is the notation where every concept has its own, else the last part of the address.

    Raises:
        TaxonomyError: not RDF.
    """
    graph = _parse(path)
    concepts = sorted(set(graph.subjects(RDF.type, SKOS.Concept)), key=str)
    ids = _ids(graph, concepts)
    findings: list[Finding] = []
    drafts: list[Draft] = []
    for concept in concepts:
        names = _by_language(graph, concept, locale)
        if not names:
            findings.append(error("malformed", Place(str(path)), f"<{concept}> has no `prefLabel`."))
        definitions = _texts(graph.objects(concept, SKOS.definition), locale)
        parents = tuple(ids.get(one, str(one)) for one in _broader(graph, concept))
        for language, name in names.items():
            place = Place(f"{path} <{concept}>")
            text = definitions.get(language, "")
            drafts.append(
                Draft(place, ids[concept], name, parents=parents, locale=language, description=text)
            )
    if not concepts:
        findings.append(error("malformed", Place(str(path)), "no `skos:Concept`."))
    return Drafts("skos", drafts, findings)


def _parse(path: Path) -> Graph:
    graph = Graph()
    try:
        graph.parse(str(path.resolve()), format=guess_format(str(path)) or "turtle")
    except (PluginException, OSError, SyntaxError, ValueError) as problem:
        raise _not_rdf(path, problem) from problem
    except Exception as problem:  # each syntax has errors of its own
        raise _not_rdf(path, problem) from problem
    return graph


def _not_rdf(path: Path, problem: Exception) -> TaxonomyError:
    return TaxonomyError(f"`{path}` cannot be read as RDF: {problem}.", fix="Check its syntax.")


def _ids(graph: Graph, concepts: Iterable[Term]) -> Mapping[Term, str]:
    concepts = list(concepts)
    notations = {one: str(next(graph.objects(one, SKOS.notation), "")) for one in concepts}
    tails = {one: str(one).rstrip("/#").replace("#", "/").rpartition("/")[2] for one in concepts}
    for candidate in (notations, tails):
        counts = Counter(candidate.values())
        if all(value and counts[value] == 1 for value in candidate.values()):
            return candidate
    return {one: str(one) for one in concepts}


def _broader(graph: Graph, concept: Term) -> list[Term]:
    above = {*graph.objects(concept, SKOS.broader), *graph.subjects(SKOS.narrower, concept)}
    return sorted(above, key=str)


def _by_language(graph: Graph, concept: Term, locale: str) -> dict[str, str]:
    for predicate in _LABEL_ORDER:
        names = _texts(graph.objects(concept, predicate), locale)
        if names:
            return names
    return {}


def _texts(objects: Iterable[Term], locale: str) -> dict[str, str]:
    """Text by language; the first in the alphabet where one language has several."""
    found: dict[str, str] = {}
    for literal in sorted((one for one in objects if isinstance(one, Literal)), key=str):
        text = " ".join(str(literal).split())
        if text:
            found.setdefault(literal.language or locale, text)
    return found
