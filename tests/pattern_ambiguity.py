"""Whether a regular expression can take more than linear time, found by looking at its automaton.

A backtracking matcher takes more than linear time on a text that fails when the automaton of a pattern is
ambiguous in a loop (Weideman et al., 2016, "Analyzing matching time behavior of backtracking regular
expression matchers"):

- exponential (EDA): a state lies on two different cycles that read the same word: `(?:a|a)*b`, `(a*)*b`;
- polynomial (IDA): a word w leads from state p to p, from p to q, and from q to q: `a*a*b`. A pattern that is
  searched for begins with an invisible loop over any character, so that `a*b` is one of these.

A finding needs a text on which the match can still fail on the way round q; without one (`<[^>]*(?:>|$)`) the
first try succeeds.

Over-estimated are references to groups (any character), lookarounds of more than one character (no condition
on what is around them; what a lookahead holds is looked at as a branch), and ways out of atomic groups of
more than one character class. Under-estimated are repetitions with a limit above `MAX_COPIES`, which are
unrolled so often only: a large constant factor is not found.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from re import _constants as c  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

MAX_COPIES = 3
_EVERYWHERE = [*map(chr, range(32, 127)), *"\t\n\0é–中\u0301\ue000\ue001"]
_CATEGORIES = {
    c.CATEGORY_DIGIT: r"\d", c.CATEGORY_NOT_DIGIT: r"\D", c.CATEGORY_SPACE: r"\s",
    c.CATEGORY_NOT_SPACE: r"\S", c.CATEGORY_WORD: r"\w", c.CATEGORY_NOT_WORD: r"\W",
}  # fmt: skip
_LOOPS = (c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT)
END = -1


@dataclass(frozen=True, slots=True)
class Condition:
    """What must hold between two characters: `boundary`, `no_boundary`, or masks of what may stand there.

    Args:
        before: mask of the characters that may stand before; None for any.
        after: likewise behind, with `END` allowed where `end` is set.
    """

    word: str = ""
    before: int | None = None
    after: int | None = None
    end: bool = True


@dataclass(slots=True)
class Automaton:
    """Positions (characters of the pattern) with their masks, and the edges between them with conditions."""

    alphabet: list[str]
    masks: list[int] = field(default_factory=list)
    atomic: list[tuple[int, ...]] = field(default_factory=list)
    skips: list[list[tuple[int, Condition | None]]] = field(default_factory=list)
    reads: list[list[int]] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    edges: list[list[tuple[int, tuple[Condition, ...], int]]] = field(default_factory=list)
    accepts: list[list[tuple[Condition, ...]]] = field(default_factory=list)


class _Builder:
    def __init__(self, pattern: str, flags: int, alphabet: Iterable[str]) -> None:
        self.tree = _parser.parse(pattern, flags)
        self.flags = self.tree.state.flags | flags
        letters = {*alphabet, *_literals(self.tree)}
        if self.flags & re.IGNORECASE:
            letters = {letter for letter in letters if letter == letter.lower()}
        if "\n" not in set(alphabet):
            letters -= {"\n", "\t"}
        self.auto = Automaton(sorted(letters))
        self.full = (1 << len(self.auto.alphabet)) - 1
        self.words = self._mask_of(r"\w")
        self.groups: tuple[int, ...] = ()
        self.num_groups = 0

    def node(self) -> int:
        self.auto.skips.append([])
        self.auto.reads.append([])
        return len(self.auto.skips) - 1

    def skip(self, a: int, b: int, condition: Condition | None = None) -> None:
        self.auto.skips[a].append((b, condition))

    def read(self, a: int, mask: int) -> int:
        b = self.node()
        self.auto.masks.append(mask)
        self.auto.atomic.append(self.groups)
        self.auto.ends.append(b)
        self.auto.reads[a].append(len(self.auto.masks) - 1)
        return b

    def _mask_of(self, pattern: str) -> int:
        compiled = re.compile(pattern, self.flags & (re.ASCII | re.IGNORECASE | re.DOTALL))
        return sum(1 << i for i, one in enumerate(self.auto.alphabet) if compiled.fullmatch(one))

    def mask(self, op: Any, argument: Any) -> int | None:
        """The mask of a node that reads just one character; None for any other node."""
        if op in (c.LITERAL, c.NOT_LITERAL):
            found = self._mask_of(re.escape(chr(argument)))
            return found if op is c.LITERAL else self.full & ~found
        if op is c.ANY:
            return self._mask_of(".")
        if op is not c.IN:
            return None
        found = 0
        for kind, value in argument:
            if kind is c.LITERAL:
                found |= self._mask_of(re.escape(chr(value)))
            elif kind is c.RANGE:
                found |= self._mask_of(f"[{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}]")
            elif kind is c.CATEGORY:
                found |= self._mask_of(_CATEGORIES[value])
        return self.full & ~found if argument[0][0] is c.NEGATE else found

    def only(self, sequence: Any) -> int | None:
        """The mask of a sequence that reads just one character."""
        items = list(sequence)
        while len(items) == 1 and items[0][0] is c.SUBPATTERN:
            items = list(items[0][1][3])
        if len(items) == 1 and items[0][0] is c.BRANCH:
            masks = [self.only(branch) for branch in items[0][1][1]]
            return None if None in masks else sum_of(masks)
        return self.mask(*items[0]) if len(items) == 1 else None

    def sequence(self, items: Any, at: int) -> int:
        for op, argument in items:
            at = self.item(op, argument, at)
        return at

    def item(self, op: Any, argument: Any, at: int) -> int:
        mask = self.mask(op, argument)
        if mask is not None:
            return self.read(at, mask)
        if op is c.SUBPATTERN:
            return self.sequence(argument[3], at)
        if op is c.BRANCH:
            return self.branch([list(one) for one in argument[1]], at)
        if op in _LOOPS:
            return self.loop(op, *argument, at)
        if op is c.ATOMIC_GROUP:
            return self.in_group(lambda: self.sequence(argument, at))
        if op is c.AT:
            return self.anchor(argument, at)
        if op in (c.ASSERT, c.ASSERT_NOT):
            return self.lookaround(op, *argument, at)
        if op is c.GROUPREF:
            return self.read(at, self.full)
        raise NotImplementedError(f"{op} is not known to this analysis")

    def in_group(self, build: Any) -> int:
        before = self.groups
        self.num_groups += 1
        self.groups = (*before, self.num_groups)
        end: int = build()
        self.groups = before
        return end

    def branch(self, branches: list[list[Any]], at: int) -> int:
        """Alternatives; literal prefixes that several share are read once, which changes no loop."""
        end = self.node()
        rest: dict[Any, list[list[Any]]] = {}
        for one in branches:
            if not one:
                self.skip(at, end)
                continue
            key = one[0] if one[0][0] is c.LITERAL else (id(one), "")
            rest.setdefault(key, []).append(one)
        for group in rest.values():
            if len(group) == 1:
                self.skip(self.sequence(group[0], at), end)
            else:
                self.skip(self.branch([one[1:] for one in group], self.item(*group[0][0], at)), end)
        return end

    def loop(self, op: Any, least: int, most: Any, body: Any, at: int) -> int:
        mask = self.only(body)
        if op is c.POSSESSIVE_REPEAT and (mask is None or most is not c.MAXREPEAT):
            return self.in_group(lambda: self._repeat(least, most, body, at))
        end = self._repeat(least, most, body, at)
        if op is not c.POSSESSIVE_REPEAT or mask is None:
            return end
        out = self.node()
        self.skip(end, out, Condition(after=self.full & ~mask))
        return out

    def _repeat(self, least: int, most: Any, body: Any, at: int) -> int:
        least = min(least, MAX_COPIES)
        for _ in range(least):
            at = self.sequence(body, at)
        if most is c.MAXREPEAT:
            into, end = self.node(), self.node()
            self.skip(at, into)
            self.skip(at, end)
            back = self.sequence(body, into)
            self.skip(back, into)
            self.skip(back, end)
            return end
        end = self.node()
        self.skip(at, end)
        for _ in range(min(most, max(MAX_COPIES, least)) - least):
            at = self.sequence(body, at)
            self.skip(at, end)
        return end

    def anchor(self, where: Any, at: int) -> int:
        out = self.node()
        conditions = {
            c.AT_BOUNDARY: Condition("boundary"), c.AT_NON_BOUNDARY: Condition("no_boundary"),
            c.AT_END: Condition(after=0), c.AT_END_STRING: Condition(after=0),
            c.AT_BEGINNING: Condition(before=0), c.AT_BEGINNING_STRING: Condition(before=0),
        }  # fmt: skip
        self.skip(at, out, conditions[where])
        return out

    def lookaround(self, op: Any, direction: int, body: Any, at: int) -> int:
        items = list(body)
        branches = (
            [list(one) for one in items[0][1][1]] if len(items) == 1 and items[0][0] is c.BRANCH else [items]
        )
        for one in branches:
            mask = self.only(one)
            if direction > 0 and mask is None:
                self.skip(self.in_group(partial(self.sequence, one, at)), self.accept)
            if mask is None or (op is c.ASSERT and len(branches) > 1):
                continue
            allowed = mask if op is c.ASSERT else self.full & ~mask
            out = self.node()
            condition = (
                Condition(after=allowed, end=op is c.ASSERT_NOT)
                if direction > 0
                else Condition(before=allowed)
            )
            self.skip(at, out, condition)
            at = out
        return at

    def build(self, *, searched: bool) -> Automaton:
        start, self.accept = self.node(), self.node()
        if searched:
            self.auto.masks.append(self.full)
            self.auto.atomic.append(())
            self.auto.ends.append(start)
            self.auto.reads[start].append(0)
        self.skip(self.sequence(self.tree, start), self.accept)
        for end in self.auto.ends:
            edges: dict[tuple[int, tuple[Condition, ...]], int] = {}
            accepts = []
            for node, conditions in self._closure(end):
                if node == self.accept:
                    accepts.append(conditions)
                for position in self.auto.reads[node]:
                    edges[position, conditions] = edges.get((position, conditions), 0) + 1
            self.auto.edges.append([(p, conditions, many) for (p, conditions), many in edges.items()])
            self.auto.accepts.append(accepts)
        return self.auto

    def _closure(self, start: int) -> Iterator[tuple[int, tuple[Condition, ...]]]:
        """Every node that skips lead to, once for each way there is."""
        stack: list[tuple[int, tuple[Condition, ...], frozenset[int]]] = [(start, (), frozenset({start}))]
        num_ways: dict[tuple[int, tuple[Condition, ...]], int] = {}
        while stack:
            node, conditions, on_way = stack.pop()
            num_ways[node, conditions] = num_ways.get((node, conditions), 0) + 1
            if num_ways[node, conditions] > 2:
                continue
            yield node, conditions
            for after, condition in self.auto.skips[node]:
                if after not in on_way:
                    met = (
                        conditions
                        if condition is None or condition in conditions
                        else (*conditions, condition)
                    )
                    stack.append((after, met, on_way | {after}))


def sum_of(masks: Iterable[int | None]) -> int:
    """The union of masks."""
    found = 0
    for mask in masks:
        found |= mask or 0
    return found


def _literals(tree: Any) -> set[str]:
    found: set[str] = set()
    for op, argument in tree:
        if op in (c.LITERAL, c.NOT_LITERAL):
            found.add(chr(argument))
        elif op is c.RANGE:
            found |= {chr(argument[0]), chr(argument[1])}
        elif isinstance(argument, (list, tuple, _parser.SubPattern)):
            stack = [argument]
            while stack:
                one = stack.pop()
                if isinstance(one, _parser.SubPattern) or (
                    one and isinstance(one, list) and isinstance(one[0], tuple)
                ):
                    found |= _literals(one)
                else:
                    stack += [x for x in one if isinstance(x, (list, tuple, _parser.SubPattern))]
    return found


@dataclass(slots=True)
class Analysis:
    """The automaton over classes of characters that no part of the pattern tells apart."""

    auto: Automaton
    words: int
    single_blanks: bool
    accepting: dict[tuple[int, int], bool] = field(default_factory=dict)
    classes: list[int] = field(default_factory=list)
    moves: list[dict[int, list[tuple[int, int]]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        auto = self.auto
        told_apart = {*auto.masks, self.words, 1 << auto.alphabet.index(" ")}
        for edges in auto.edges:
            for _, conditions, _ in edges:
                told_apart |= {m for one in conditions for m in (one.before, one.after) if m is not None}
        signatures: dict[tuple[bool, ...], int] = {}
        for i in range(len(auto.alphabet)):
            signature = tuple(bool(mask >> i & 1) for mask in told_apart)
            signatures.setdefault(signature, i)
        self.classes = sorted(signatures.values())
        members = {m: [k for k in self.classes if m >> k & 1] for m in set(auto.masks)}
        for mask, edges in zip(auto.masks, auto.edges, strict=True):
            by_before: dict[int, list[tuple[int, int]]] = {}
            for before in members[mask]:
                found: dict[tuple[int, int], int] = {}
                for position, conditions, many in edges:
                    for after in members[auto.masks[position]]:
                        if self._allowed(before, after, conditions):
                            found[position, after] = found.get((position, after), 0) + many
                by_before[before] = [one for one, many in found.items() for _ in range(min(2, many))]
            self.moves.append(by_before)

    def _allowed(self, before: int, after: int, conditions: tuple[Condition, ...]) -> bool:
        blank = self.auto.alphabet.index(" ")
        if self.single_blanks and before == after == blank:
            return False
        for one in conditions:
            differ = bool(self.words >> before & 1) != bool(self.words >> after & 1)
            if (one.word == "boundary" and not differ) or (one.word == "no_boundary" and differ):
                return False
            if one.before is not None and not one.before >> before & 1:
                return False
            if one.after is not None and not one.after >> after & 1:
                return False
        return True

    def reachable(self, position: int) -> set[int]:
        found: set[int] = set()
        stack = [position]
        while stack:
            for moves in self.moves[stack.pop()].values():
                for after, _ in moves:
                    if after not in found:
                        found.add(after)
                        stack.append(after)
        return found

    def components(self) -> list[frozenset[int]]:
        """Sets of positions that lie on common cycles (Tarjan, 1972)."""
        after = [{q for moves in self.moves[p].values() for q, _ in moves} for p in range(len(self.moves))]
        number: dict[int, int] = {}
        low: dict[int, int] = {}
        open_: list[int] = []
        found = []
        for root in range(len(after)):
            if root in number:
                continue
            stack = [(root, iter(after[root]))]
            number[root] = low[root] = len(number)
            open_.append(root)
            while stack:
                p, rest = stack[-1]
                q = next(rest, None)
                if q is None:
                    stack.pop()
                    if stack:
                        low[stack[-1][0]] = min(low[stack[-1][0]], low[p])
                    if low[p] == number[p]:
                        at = open_.index(p)
                        component, open_ = frozenset(open_[at:]), open_[:at]
                        if len(component) > 1 or p in after[p]:
                            found.append(component)
                elif q not in number:
                    number[q] = low[q] = len(number)
                    open_.append(q)
                    stack.append((q, iter(after[q])))
                elif q in open_:
                    low[p] = min(low[p], number[q])
        return found

    def always_accepts(self, position: int, before: int) -> bool:
        """Whether no text behind a position can make the match fail."""
        key = (position, before)
        if key not in self.accepting:
            self.accepting[key] = self._always_accepts(position, before)
        return self.accepting[key]

    def _always_accepts(self, position: int, before: int) -> bool:
        seen: set[tuple[frozenset[int], int]] = set()
        stack = [(frozenset({position}), before)]
        while stack:
            subset, last = stack.pop()
            if (subset, last) in seen:
                continue
            seen.add((subset, last))
            if len(seen) > 300 or not subset:
                return False
            ways = [conditions for p in subset for conditions in self.auto.accepts[p]]
            plain = [w for w in ways if all(o.after is None and not o.word for o in w)]
            if any(all(o.before is None or o.before >> last & 1 for o in w) for w in plain):
                continue
            if not any(all(o.end and not o.word for o in w) for w in ways):
                return False
            for after in self.classes:
                if self.single_blanks and last == after == self.auto.alphabet.index(" "):
                    continue
                stopped = any(
                    all(o.after is None or o.after >> after & 1 for o in w) and not any(o.word for o in w)
                    for w in ways
                )
                if not stopped:
                    following = {p for q in subset for p, read in self.moves[q][last] if read == after}
                    stack.append((frozenset(following), after))
        return True

    def exponential(self, loop: frozenset[int]) -> str | None:
        """A word that two cycles through one state read, if the loop has such."""
        for p in loop:
            for start in self._entering(p):
                if self.always_accepts(p, start):
                    continue
                word = self._two_ways(loop, p, start)
                if word is not None:
                    return word
        return None

    def _entering(self, *positions: int) -> list[int]:
        return [k for k in self.classes if all(self.auto.masks[p] >> k & 1 for p in positions)]

    def _two_ways(self, loop: frozenset[int], p: int, start: int) -> str | None:
        first = (p, p, start, False)
        words = {first: ""}
        queue = [first]
        for state in queue:
            a, b, last, apart = state
            left, right = self.moves[a][last], self.moves[b][last]
            for i, (x, read) in enumerate(left):
                if x not in loop:
                    continue
                for j, (y, also) in enumerate(right):
                    if read != also or y not in loop or self.always_accepts(y, read):
                        continue
                    now = apart or x != y or (a == b and i != j)
                    after = (x, y, read, now)
                    if after == (p, p, start, True):
                        return words[state] + self.auto.alphabet[read]
                    if after not in words:
                        words[after] = words[state] + self.auto.alphabet[read]
                        queue.append(after)
        return None

    def polynomial(self, before: frozenset[int], behind: frozenset[int]) -> str | None:
        """A word that leads round one loop, from it to another, and round that."""
        for p in before:
            for q in behind:
                if set(self.auto.atomic[p]) - set(self.auto.atomic[q]):
                    continue
                for start in self._entering(p, q):
                    if not self.always_accepts(q, start):
                        word = self._over(before, behind, p, q, start)
                        if word is not None:
                            return word
        return None

    def _over(self, before: frozenset[int], behind: frozenset[int], p: int, q: int, start: int) -> str | None:
        first = (p, p, q, start)
        words = {first: ""}
        queue = [first]
        for state in queue:
            a, x, b, last = state
            for a2, read in self.moves[a][last]:
                if a2 not in before:
                    continue
                for b2, also in self.moves[b][last]:
                    if also != read or b2 not in behind or self.always_accepts(b2, read):
                        continue
                    for x2, too in self.moves[x][last]:
                        after = (a2, x2, b2, read)
                        if too != read:
                            continue
                        if after == (p, q, q, start):
                            return words[state] + self.auto.alphabet[read]
                        if after not in words:
                            words[after] = words[state] + self.auto.alphabet[read]
                            queue.append(after)
        return None


def ambiguity(
    pattern: str, flags: int = 0, *, searched: bool = True, single_blanks: bool = False
) -> tuple[str, str] | None:
    """How a pattern can take more than linear time, and a word to repeat for it; None where it cannot.

    Args:
        pattern: the regular expression.
        flags: of `re`.
        searched: it is looked for anywhere in a text; False where it is matched at its beginning.
        single_blanks: the text has one blank between words, and no other white space.

    >>> ambiguity(r"(?:a|a)*b", searched=False), ambiguity(r"\\s*,?\\s*x", searched=False)
    (('exponential', 'a'), ('polynomial', '\\t'))
    """
    alphabet = [one for one in _EVERYWHERE if not (single_blanks and one in "\t\n")]
    builder = _Builder(pattern, flags, alphabet)
    analysis = Analysis(builder.build(searched=searched), builder.words, single_blanks)
    loops = analysis.components()
    for loop in loops:
        word = analysis.exponential(loop)
        if word is not None:
            return "exponential", word
    for before in loops:
        after = {position for p in before for position in analysis.reachable(p)}
        for behind in loops:
            if behind != before and behind & after:
                word = analysis.polynomial(before, behind)
                if word is not None:
                    return "polynomial", word
    return None
