"""The ranker's first three models on a parsed note, with the words looked up once and all blocks summed at once.

`models.ranker` and `models.blocks` say what the numbers are; this says the same faster, from tables of what each word,
pair of words and sign adds to each block. A block's row has the length ``factor``: its sum is the sum of scaled weights
over the root of the sum of squared scales (and padding), and both sums are columns of the same table. Tests hold it equal to the
plain ranker on whole corpora of notes.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpus.vocabulary import load_vocabulary
from models.blocks import (
    EDGE,
    EDGE_WORDS,
    ELSEWHERE,
    FURTHER,
    FURTHER_SIGNS,
    SAME_LINE,
    SAME_SENTENCE,
    heard,
    pieces,
)
from models.columns import SERVICES
from models.decision import Outputs
from models.delivery_signs import Signature, signature, signs_of
from models.features import FRAGMENT, note_words, shaped
from models.groups import Groups
from models.lookup import Adds, Table, Tokens, by_segment, found_in, in_order, words_in
from models.numeric import Array, log_softmax
from models.pooling import kinds_joined
from models.ranker import Ranker
from models.relations import Leanings, Places, heading_leaning, places_of, relations
from models.shares import shares_of
from models.vectors import DIMENSIONS, SCALE
from nlp.note import ParsedNote, Segment
from nlp.sections import heading_words

_SERVICES = len(SERVICES)
_WIDTH = _SERVICES + 1
_SIDES = ("before", "after")
_KEPT = 50_000
_WORDS_OF_NOTE = frozenset({"w:", "o:", "b:"})
_PAIR_OF_NOTE = "b:"
_NO_PIECES = ("", "", "")


@dataclass(slots=True)
class Numbers:
    """Models 1-3 on a note, and where its segments stand.

    Attributes
    ----------
    relations : (segments, services, len(RELATIONS)).
    places : the segments by sentence, line and block.
    outputs : what the models say.
    """

    relations: Table
    places: Places
    outputs: Outputs


class Compiled:
    """A fitted ranker, laid out for reading one note at a time.

    Parameters
    ----------
    ranker : the fitted models; they are copied, later changes of them are not seen.
    """

    def __init__(self, ranker: Ranker) -> None:
        self.ranker = ranker
        content, delivery = ranker.content, ranker.delivery
        self._own = Adds(content["own"], ranker.content_weights["own"])
        self._sentence = Adds(content["sentence"], ranker.content_weights["sentence"])
        self._heading = Adds(content["heading"], ranker.content_weights["heading"])
        self._note = Adds(ranker.note, ranker.note_weights)
        self._whole = Adds(ranker.whole, ranker.whole_weights)
        self._delivery = {name: Adds(block, ranker.delivery_weights[name]) for name, block in delivery.items()}
        self._signs: dict[Signature, Table] = {}
        self._heads: dict[int, Table] = {}
        self._edge = [self._delivery[side].of([EDGE]) for side in _SIDES]
        order = ("signs", "words", "words in section", *_SIDES)
        self._delivery_factors = np.array([self._delivery[name].factor for name in order], dtype=np.float32)
        self._delivery_padding = np.array([self._delivery[name].padding for name in order], dtype=np.float32)
        self._number_words()
        self._number_pairs()
        self._number_extras()
        self._shared = ranker.relation_shared.astype(np.float32)
        self._bias = ranker.content_bias.astype(np.float32)
        self._vector_weights = (ranker.vector_weights * np.float32(SCALE)).astype(np.float32)

    def _number_words(self) -> None:
        self._words = place = {name: i for i, name in enumerate(self._words_known())}
        self._leaning = np.concatenate([self.ranker.leaning.values, np.zeros((1, _SERVICES), dtype=np.float32)])
        self._word_leaning = self._leaning_rows(place)
        said = self._delivery["words"]
        parts = {
            "own": self._own_table(place),
            "said": said.table(place),
            "leaning": self._leaning_columns(self._word_leaning),
            "sentence": self._sentence.table(place),
            "vectors": self._vector_table(place),
        }
        ends = list(itertools.accumulate(p.shape[1] for p in parts.values()))
        self._columns = {n: slice(e - p.shape[1], e) for (n, p), e in zip(parts.items(), ends, strict=True)}
        self._word_table = np.ascontiguousarray(np.concatenate(list(parts.values()), axis=1))
        self._edge_table = np.concatenate([self._delivery[side].table(place) for side in _SIDES], axis=1)
        self._first = said.table(place, "first:")
        self._last = said.table(place, "last:")
        self._note_words = self._note.table(place)
        self._whole_words = self._whole.table(place, "w:")
        self._number_sections(place)

    def _words_known(self) -> list[str]:
        """All words that any table has a row for, the unknown one first."""
        said = self._delivery
        whole = [n[2:] for n in self._whole.names if n[:2] in _WORDS_OF_NOTE]
        adds = (self._own, self._sentence, self._note, said["words"], *(said[side] for side in _SIDES))
        in_section = (n.rpartition("|")[0] for n in said["words in section"].names)
        rows = (self.ranker.vectors.rows, self.ranker.leaning.rows)
        return ["", *words_in(itertools.chain(*(a.names for a in adds), in_section, whole, *rows))]

    def _own_table(self, place: Mapping[str, int]) -> Table:
        """What each word and its pieces add to the block of a segment's own words."""
        own = self._own.table(place)
        for piece in zip(*(pieces(word) or _NO_PIECES for word in place), strict=True):
            rows = np.fromiter(map(self._own.names.get, piece, itertools.repeat(-1)), np.intp, len(place))
            some = np.flatnonzero(rows >= 0)
            own[some] += self._own.values[rows[some]]
        return own

    def _vector_table(self, place: Mapping[str, int]) -> Table:
        """Each word's vector with its weight behind it."""
        vectors = self.ranker.vectors
        out = np.zeros((len(place), DIMENSIONS + 1), dtype=np.float32)
        at, known = found_in(vectors.rows, place)
        out[at, : vectors.values.shape[1]] = vectors.values[known]
        out[at, -1] = vectors.weights[known]
        return out

    def _number_sections(self, place: Mapping[str, int]) -> None:
        """What words add in the sections they stand in, by one key of both."""
        placed = self._delivery["words in section"]
        self._sections: dict[str, int] = {}
        keys = []
        for name in placed.names:
            word, _, section = name.rpartition("|")
            keys.append(place[word] * 64 + self._sections.setdefault(section, len(self._sections)))
        self._placed_keys, self._placed = in_order(keys, placed.values[list(placed.names.values())])

    def _number_pairs(self) -> None:
        said = self._delivery["words"]
        known = itertools.chain(self._own.names, said.names, self.ranker.leaning.rows)
        pairs = {n: None for n in known if n.count(" ") == 1}
        pairs.update((n[2:], None) for n in self._whole.names if n[:2] == _PAIR_OF_NOTE)
        kept = list(pairs)
        words = " ".join(kept).split(" ")
        ends = np.fromiter(map(self._words.__getitem__, words), np.int64, len(words)).reshape(-1, 2)
        keys = ends @ np.array([len(self._words), 1])
        order = np.argsort(keys)
        self._pair_keys = keys[order]
        place = {kept[row]: i for i, row in enumerate(order.tolist())}
        place[""] = len(place)
        self._pair_leaning = self._leaning_rows(place)
        parts = [self._own.table(place), said.table(place), self._leaning_columns(self._pair_leaning)]
        self._pair_table = np.concatenate(parts, axis=1)
        self._whole_pairs = self._whole.table(place, _PAIR_OF_NOTE)

    def _leaning_rows(self, place: Mapping[str, int]) -> NDArray[np.intp]:
        """Row of each name's leaning, -1 for none: (names,)."""
        out = np.full(len(place), -1, dtype=np.intp)
        at, known = found_in(self.ranker.leaning.rows, place)
        out[at] = known
        return out

    def _leaning_columns(self, rows: NDArray[np.intp]) -> Table:
        """Leanings with a last column of 1 where there is one."""
        return np.concatenate([self._leaning[rows], (rows >= 0)[:, None].astype(np.float32)], axis=1)

    def _number_extras(self) -> None:
        """Rows of concepts with their kinds, of measures, and of covering headings."""
        concepts = list(load_vocabulary().values())
        known = [n for n in (*self._own.names, *self._note.names) if n[:2] in ("m:", "g:")]
        names = [*(f"c:{c.id}" for c in concepts), *dict.fromkeys(known)]
        self._extras = place = {n: i for i, n in enumerate(names)}
        self._concept_row = {c.id: i for i, c in enumerate(concepts)}
        kinds = list(dict.fromkeys(c.kind for c in concepts))
        self._kind_number = {k: i for i, k in enumerate(kinds)}
        kind = {f"k:{k}": i for i, k in enumerate(kinds)}
        own = self._own.table(place)
        own[: len(concepts)] += self._own.table(kind)[[self._kind_number[c.kind] for c in concepts]]
        lent = self._sentence.table(place)
        lent[len(concepts) :] = 0
        said = self._delivery["words"].table(place)
        said[len(concepts) :] = 0
        leaning = np.zeros((len(names), _WIDTH), dtype=np.float32)
        self._extra_table = np.concatenate([own, said, leaning, lent], axis=1)
        self._priors = np.zeros((len(concepts), _SERVICES), dtype=np.float32)
        for row, concept in enumerate(concepts):
            self._priors[row] = shares_of(concept, self.ranker.usage)
        self._note_extras = self._note.table(place)
        self._note_kinds = self._note.table(kind)

    def read(self, note: ParsedNote) -> Numbers:
        """Models 1-3 on a note whose segments have their status."""
        segments = note.segments or []
        places = places_of(segments)
        norms = shaped(note)
        ids = np.array(list(map(self._words.get, norms, itertools.repeat(0))), dtype=np.int64)
        pairs = self._pairs(ids)
        whole = self._whole_scores(note, ids, pairs)
        if not segments:
            nothing = np.zeros((0, len(SERVICES)), dtype=np.float32)
            leans = Leanings(nothing, nothing, nothing[:, 0], nothing)
            outputs = Outputs(nothing.astype(np.float64), np.zeros(0), kinds_joined(whole))
            return Numbers(relations(segments, places, leans, nothing), places, outputs)
        tokens = Tokens(segments, ids, pairs)
        concepts, extras = self._extras_of(segments)
        sums, extra = tokens.sums(self._word_table[tokens.ids]), by_segment(self._extra_table, extras)
        sums[:, : self._pair_table.shape[1]] += tokens.sums(self._pair_table[tokens.pairs])
        sums[:, : self._extra_table.shape[1]] += extra
        self._add_unknown(sums, norms, tokens)
        of, heads = self._headings(note, segments)
        leans = self._leanings(tokens, sums, heads[of, :_SERVICES])
        table = relations(segments, places, leans, by_segment(self._priors, concepts, most=True))
        vectors = sums[:, self._columns["vectors"]]
        score = self._content_score(sums, vectors, places.sentence, table)
        score += heads[of, _SERVICES : 2 * _SERVICES]
        score += self._note_score(extras, segments, tokens)
        delivery = self._delivery_scores(segments, places, tokens, sums, note) + heads[of, -1]
        total = vectors.sum(axis=0)
        mean = total[:-1] / max(1e-9, float(total[-1])) * np.float32(SCALE)
        whole = whole + mean[: len(self.ranker.whole_vector_weights)] @ self.ranker.whole_vector_weights
        content, habit = self.ranker.as_used(
            log_softmax(score.astype(np.float64)), ([m.concept.id for m in s.mentions] for s in segments)
        )
        return Numbers(table, places, Outputs(content, delivery, kinds_joined(whole), habit))

    def _pairs(self, ids: NDArray[np.int64]) -> NDArray[np.intp]:
        """Row of the pair each token makes with the one before it; the last row, which adds nothing, for an unknown one."""
        out = np.full(len(ids), len(self._pair_keys), dtype=np.intp)
        if len(ids) > 1:
            keys = ids[:-1] * len(self._words) + ids[1:]
            at = np.searchsorted(self._pair_keys, keys)
            at[at == len(self._pair_keys)] = 0
            known = self._pair_keys[at] == keys
            out[1:][known] = at[known]
        return out

    def _whole_scores(self, note: ParsedNote, ids: NDArray[np.int64], pairs: NDArray[np.intp]) -> Array:
        sums = self._whole_words[np.unique(ids)].sum(axis=0) + self._whole_pairs[np.unique(pairs)].sum(axis=0)
        sums += self._whole.of(note_words(note, len(note.segments or ()), words=False))
        return np.asarray(self._whole.score(sums), dtype=np.float64) + self.ranker.whole_bias

    def _extras_of(self, segments: Sequence[Segment]) -> tuple[list[list[int]], list[list[int]]]:
        """Rows of each segment's concepts, and of these with its measures and covering headings."""
        extras, concept_row = self._extras, self._concept_row
        concepts = [[concept_row[m.concept.id] for m in s.mentions] if s.mentions else [] for s in segments]
        out = []
        for segment, own in zip(segments, concepts, strict=True):
            if segment.measures or segment.strong:
                names = {f"m:{m.kind}" for m in segment.measures}.union([f"g:{s}" for s in segment.strong])
                out.append(own + [extras[n] for n in sorted(names) if n in extras])
            else:
                out.append(own)
        return concepts, out

    def _add_unknown(self, sums: Table, norms: Sequence[str], tokens: Tokens) -> None:
        for place in (tokens.ids == 0).nonzero()[0].tolist():
            found = pieces(norms[tokens.index[place]])
            if found:
                sums[tokens.owner[place], :_WIDTH] += self._own.of(found)

    def _headings(self, note: ParsedNote, segments: Sequence[Segment]) -> tuple[NDArray[np.intp], Table]:
        """Which row is each segment's heading, and the rows: how its words lean, their content scores, their delivery.

        Rows are kept by the hash of the heading, so that no heading is.
        """
        rows = [np.zeros(2 * _SERVICES + 1, dtype=np.float32)]
        for section in note.sections or []:
            key = hash(note.text.flat[section.heading[0] : section.heading[1]].lower())
            found = self._heads.get(key)
            if found is None:
                found = self._heading_row(heading_words(note.text.flat, section))
                if len(self._heads) < _KEPT:
                    self._heads[key] = found
            rows.append(found)
        return np.array([s.section + 1 for s in segments]), np.array(rows)

    def _heading_row(self, words: list[str]) -> Table:
        names = [*words, "=" + " ".join(words)] if words else []
        said = self._delivery["heading"]
        content, delivery = self._heading.score(self._heading.of(names)), said.score(said.of(names))
        return np.concatenate([heading_leaning(words, self.ranker.leaning), content, delivery])

    def _leanings(self, tokens: Tokens, sums: Table, heading: Table) -> Leanings:
        top = tokens.most(self._leaning[self._word_leaning[tokens.ids]])
        np.maximum(top, tokens.most(self._leaning[self._pair_leaning[tokens.pairs]]), out=top)
        found = sums[:, self._columns["leaning"]]
        number = found[:, -1]
        return Leanings(
            top, np.asarray(found[:, :-1] / np.maximum(number, 1)[:, None], dtype=np.float32), number, heading
        )

    def _content_score(self, sums: Table, vectors: Table, sentence: Groups, table: Table) -> Table:
        lent = sums[:, self._columns["sentence"]]
        rest = sentence.total(lent) - lent
        if sentence.any_alone:
            rest[sentence.alone] = 0
        weights = self._vector_weights
        width = weights.shape[0] // 3
        means = vectors[:, :width] / np.maximum(vectors[:, -1:], 1e-9)
        around = sentence.total(vectors)
        note = vectors.sum(axis=0)
        score = table @ self._shared
        score += self._bias + (note[:width] / max(1e-9, float(note[-1]))) @ weights[2 * width :]
        score += means @ weights[:width]
        score += (around[:, :width] / np.maximum(around[:, -1:], 1e-9)) @ weights[width : 2 * width]
        score += self._own.score(sums[:, :_WIDTH])
        score += self._sentence.score(rest)
        return np.asarray(score)

    def _note_score(self, extras: Sequence[Sequence[int]], segments: Sequence[Segment], tokens: Tokens) -> Table:
        kinds = {m.concept.kind for s in segments for m in s.mentions}
        sums = self._note_words[np.unique(tokens.ids)].sum(axis=0)
        sums += self._note_extras[sorted(set().union(*extras))].sum(axis=0)
        sums += self._note_kinds[[self._kind_number[k] for k in sorted(kinds)]].sum(axis=0)
        return self._note.score(sums)

    def _sign_row(self, found: Signature) -> Table:
        """What a segment's signs add to its own row, and to its neighbours' (kept: they hold no word of a note)."""
        row = self._signs.get(found)
        if row is None:
            names = signs_of(found)
            plain = [n for n in names if "|" not in n]
            parts = [self._delivery["signs"].of(names)]
            for side in _SIDES:
                adds = self._delivery[side]
                parts += [adds.of([where + n for n in plain]) for where in (SAME_SENTENCE, SAME_LINE, ELSEWHERE)]
                parts.append(adds.of([FURTHER + n for n in plain[:FURTHER_SIGNS]]))
            row = np.concatenate(parts)
            if len(self._signs) < _KEPT:
                self._signs[found] = row
        return row

    def _delivery_scores(
        self, segments: Sequence[Segment], places: Places, tokens: Tokens, sums: Table, note: ParsedNote
    ) -> Array:
        """Log-odds of delivery but for the headings' words: (segments,)."""
        count = len(segments)
        names = ["none", *(s.name for s in note.sections or ())]
        own = [names[s.section + 1] for s in segments]
        found = zip(segments, own, tokens.sizes.tolist(), range(count), strict=True)
        usage = self.ranker.usage
        signatures = [signature(s, name, at / count, size, usage) for s, name, size, at in found]
        signs = np.array(list(map(self._sign_row, signatures)))
        table = np.empty((count, 5, 2), dtype=np.float32)
        table[:, 0] = signs[:, :2]
        table[:, 1] = sums[:, self._columns["said"]]
        ids = tokens.ids
        table[:, 1] += self._first[ids[tokens.starts]] + self._last[ids[tokens.ends - 1]]
        numbers = np.array([self._sections.get(n, 63) for n in own])
        keys = ids * 64 + numbers[tokens.owner]
        at = np.searchsorted(self._placed_keys, keys)
        at[self._placed_keys[at] != keys] = -1
        table[:, 2] = tokens.sums(self._placed[at])
        for number in range(len(_SIDES)):
            self._fill_side(table[:, 3 + number], number, signs, places, tokens)
        length = np.sqrt(np.maximum(table[:, :, 1] + self._delivery_padding, 1e-12))
        scores = table[:, :, 0] / length * self._delivery_factors
        scores[:, 3:] *= heard(signatures)[:, None]
        return np.asarray(scores.sum(axis=1), dtype=np.float64) + self.ranker.delivery_bias

    def _fill_side(self, sums: Table, number: int, signs: Table, places: Places, tokens: Tokens) -> None:
        """What the segments before or after add to delivery: (segments, 2)."""
        count = len(signs)
        signs = signs[:, 2 + 8 * number : 10 + 8 * number]
        before = number == 0
        sums[:] = 0
        if count > FRAGMENT:
            sums[0 if before else -1] = self._edge[number]
        if count < 2:
            return
        own, other = (slice(1, None), slice(None, -1)) if before else (slice(None, -1), slice(1, None))
        sentence, line = places.sentence.numbers, places.line.numbers
        same = sentence[1:] == sentence[:-1]
        where = np.where(same, 0, 2 - (line[1:] == line[:-1]))
        sums[own] = signs[other][:, :6].reshape(-1, 3, 2)[np.arange(count - 1), where]
        reach = np.minimum(tokens.sizes, EDGE_WORDS)
        running = np.zeros((len(tokens.ids) + 1, 2))
        np.cumsum(self._edge_table[tokens.ids, 2 * number : 2 * number + 2], axis=0, out=running[1:])
        words = running[tokens.ends] - running[tokens.ends - reach] if before else running[tokens.starts + reach]
        if not before:
            words -= running[tokens.starts]
        sums[own] += words[other] * same[:, None]
        if count > 2:
            own, other = (slice(2, None), slice(None, -2)) if before else (slice(None, -2), slice(2, None))
            sums[own] += signs[other][:, 6:8]
