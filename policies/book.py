"""The book of answers: every policy file read, checked once, and asked by subject, facet and day."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Self

import msgspec

from policies.errors import DayError, PolicyError, Problem
from policies.files import AnswerFile, Document, Parameter, Undated, Variant, read
from policies.model import FALLBACK, Answer, Citation, Facet, Standing
from policies.templates import day_month_year, parameters_in, render

PACKAGE = Path(__file__).parent
UNDATED = "undated.yaml"
YEARS_AHEAD = 10  # laws are known to begin at most so many years from now
LEGAL_SHOWN = 3  # documents named in a composed legal basis, so that it stays a text message


@dataclass(frozen=True, slots=True)
class Shelf:
    """All files of a folder that could be read, and the problems of those that could not."""

    root: Path
    documents: Mapping[str, Document]
    parameters: Mapping[str, Parameter]
    answers: Mapping[str, AnswerFile]
    parameter_paths: Mapping[str, Path]
    answer_paths: Mapping[str, Path]
    undated: Undated | None
    problems: tuple[Problem, ...]

    @classmethod
    def read(cls, root: Path) -> Self:
        """Reads documents.yaml, undated.yaml (where there is one), answers/*.yaml and parameters/**/*.yaml, which are
        named by path: `poverty.income_line_rural`."""
        problems: list[Problem] = []
        documents = read(root / "documents.yaml", dict[str, Document])
        if isinstance(documents, Problem):
            problems.append(documents)
            documents = {}
        undated = read(root / UNDATED, Undated) if (root / UNDATED).exists() else None
        if isinstance(undated, Problem):
            problems.append(undated)
            undated = None
        parameters: dict[str, Parameter] = {}
        answers: dict[str, AnswerFile] = {}
        folder = root / "parameters"
        parameter_paths = {
            ".".join(path.relative_to(folder).with_suffix("").parts): path for path in sorted(folder.rglob("*.yaml"))
        }
        for name, path in parameter_paths.items():
            parameter = read(path, Parameter)
            if isinstance(parameter, Problem):
                problems.append(parameter)
            else:
                parameters[name] = parameter
        answer_paths = {path.stem: path for path in sorted((root / "answers").glob("*.yaml"))}
        for subject, path in answer_paths.items():
            answer = read(path, AnswerFile)
            if isinstance(answer, Problem):
                problems.append(answer)
            else:
                answers[subject] = answer
        return cls(root, documents, parameters, answers, parameter_paths, answer_paths, undated, tuple(problems))

    def in_force(self, number: str, on: date) -> bool:
        """Whether the document is law that day. Where its first day is unknown, the day it was issued stands in: it
        can't have held before. Its successor's first day is no longer its own."""
        document = self.documents[number]
        if on < (document.effective_from or document.issued_on or date.min):
            return False
        if document.effective_to and on > document.effective_to:
            return False
        successor = self.documents.get(document.replaced_by or "")
        return not (successor and successor.effective_from and on >= successor.effective_from)

    def citations(self, file: AnswerFile, variant: Variant, on: date) -> tuple[Citation, ...]:
        """The documents a wording rests on that day; one that tells of an end may name what has ended."""
        named = [split_cite(c) for c in (variant.cites if variant.cites is not None else file.cites)]
        current = [(n, a) for n, a in named if self.in_force(n, on)]
        return tuple(self.citation(n, a) for n, a in (current or (named if variant.not_in_force else [])))

    def citing(self, number: str) -> tuple[str, ...]:
        """The subjects whose file names the document."""
        named = {
            subject: {split_cite(c)[0] for _, v in file.all_variants() for c in (*file.cites, *(v.cites or ()))}
            for subject, file in self.answers.items()
        }
        return tuple(subject for subject, numbers in named.items() if number in numbers)

    def citation(self, number: str, article: str | None) -> Citation:
        """The register's entry with the article a file names."""
        document = self.documents[number]
        return Citation(document.kind, number, article, document.effective_from, document.effective_to)


def split_cite(cite: str) -> tuple[str, str | None]:
    """ "07/2021/NĐ-CP, Điều 3" → number and article."""
    number, _, article = cite.partition(", ")
    return number, article or None


def variant_on(file: AnswerFile, facet: Facet, on: date) -> Variant | None:
    """The wording of a facet that holds that day."""
    for variant in file.variants(facet):
        if variant.start and variant.start <= on and (variant.end is None or on <= variant.end):
            return variant
    return None


@dataclass(frozen=True, slots=True)
class AnswerBook:
    """Cited answers by subject, facet and day. Immutable once loaded; safe to share between threads."""

    shelf: Shelf
    versions: Mapping[str, str] = field(repr=False)

    @classmethod
    def load(cls, root: Path = PACKAGE) -> Self:
        """Reads and checks all files under `root`. Raises PolicyError, naming file and reason, if anything is wrong:
        a book is spoken from whole or not at all."""
        from policies.lint import problems_of  # the lint renders through this module

        shelf = Shelf.read(root)
        problems = problems_of(shelf)
        if problems:
            raise PolicyError(problems)
        return cls(shelf, {subject: version_of(shelf, file) for subject, file in shelf.answers.items()})

    def answer(self, subject: str, facet: Facet, on: date) -> Answer | None:
        """What is said on a subject that day, by the facet asked or the nearest that has words (`FALLBACK`).

        None for an unknown subject, or a day before the subject's first: then nothing is known, and so nothing said.
        """
        file = self.shelf.answers.get(subject)
        if file is None:
            return None
        for tried in (facet, *FALLBACK[facet]):
            variant = variant_on(file, tried, on)
            if variant:
                return self._answer(subject, file, tried, variant, on)
        return self._legal_basis(subject, file, on) if facet is Facet.LEGAL else None

    def require_day(self, on: date, today: date) -> None:
        """Raises DayError for a day of which the book can't say anything."""
        first = min((file.since for file in self.shelf.answers.values()), default=today)
        if on < first:
            raise DayError(f"ngày {day_month_year(on)} quá sớm: luật ở đây có từ {day_month_year(first)}")
        if on.year > today.year + YEARS_AHEAD:
            raise DayError(f"ngày {day_month_year(on)} quá xa: nhiều nhất {YEARS_AHEAD} năm tới")

    def standing(self, subject: str, day: date) -> Standing:
        """Whether a person answers that day for what is said on a subject. Raises KeyError for an unknown subject."""
        signed = self.shelf.answers[subject].signature
        if signed.approved_by is None or signed.approved_on is None or day < signed.approved_on:
            return Standing.UNAPPROVED
        if signed.approved_version != self.versions[subject]:
            return Standing.CHANGED
        return Standing.OVERDUE if day > signed.review_by else Standing.APPROVED

    def title(self, subject: str) -> str | None:
        """A short noun phrase for menus: "hỗ trợ tiền điện"."""
        file = self.shelf.answers.get(subject)
        return file.title if file else None

    def summary(self, subject: str) -> str | None:
        """One line on the subject, without amounts, for officials' lists."""
        file = self.shelf.answers.get(subject)
        return file.summary if file else None

    def subjects(self) -> frozenset[str]:
        """The ids that can be asked about: those of the researched facts."""
        return frozenset(self.shelf.answers)

    def _answer(self, subject: str, file: AnswerFile, facet: Facet, variant: Variant, on: date) -> Answer:
        citations = self.shelf.citations(file, variant, on)
        return Answer(
            subject=subject,
            facet=facet,
            text=render(variant.text, self.shelf.parameters, on),
            facts=variant.facts or file.facts or (subject,),
            citations=citations,
            source=source_line(file, citations),
            confidence=variant.confidence or file.confidence,
            version=self.versions[subject],
        )

    def _legal_basis(self, subject: str, file: AnswerFile, on: date) -> Answer | None:
        if on < file.since:
            return None
        named = [split_cite(c) for c in file.cites]
        current = [(n, a) for n, a in named if self.shelf.in_force(n, on)]
        past = [(n, a) for n, a in named if (self.shelf.documents[n].effective_from or date.min) <= on]
        citations = tuple(self.shelf.citation(n, a) for n, a in (current or past))[:LEGAL_SHOWN]
        opening = "Căn cứ" if current else "Căn cứ trước đây, nay đã hết hiệu lực"
        text = f"{opening}: {'; '.join(_in_full(c) for c in citations)}." if citations else f"Căn cứ: {file.source}."
        return Answer(
            subject=subject,
            facet=Facet.LEGAL,
            text=text,
            facts=file.facts or (subject,),
            citations=citations,
            source=source_line(file, citations),
            confidence=file.confidence,
            version=self.versions[subject],
        )


def source_line(file: AnswerFile, citations: tuple[Citation, ...]) -> str:
    """What the line after the text names."""
    return citations[0].short() if citations else file.source or ""


def _in_full(citation: Citation) -> str:
    name = citation.number if citation.kind in citation.number else f"{citation.kind} {citation.number}"
    article = f", {citation.article}" if citation.article else ""
    start = f" từ {day_month_year(citation.effective_from)}" if citation.effective_from else ""
    end = f" đến {day_month_year(citation.effective_to)}" if citation.effective_to else ""
    dates = f" ({(start + end).strip()})" if start or end else ""
    return f"{name}{article}{dates}"


def version_of(shelf: Shelf, file: AnswerFile) -> str:
    """Short hash of all that decides what is said; a signature does not change it, a changed amount does."""
    used = sorted({p for _, v in file.all_variants() for p in parameters_in(v.text)})
    cited = sorted({split_cite(c)[0] for _, v in file.all_variants() for c in (*file.cites, *(v.cites or ()))})
    content = [
        msgspec.to_builtins(msgspec.structs.replace(file, signature=None)),
        [(p, shelf.parameters[p].values) for p in used],
        [(n, shelf.documents[n]) for n in cited],
    ]
    return hashlib.sha256(msgspec.json.encode(content)).hexdigest()[:12]
