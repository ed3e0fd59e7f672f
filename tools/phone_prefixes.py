"""Write which phone numbers are valid whatever their last digits are.

An international number is nearly always valid by how it begins and how long it is. This works
out those beginnings from the rules of `phonenumbers`, and keeps them where the library that
import-svc asks, `rphonenumbers`, agrees: so that it need not be asked of most numbers.

Each line of the file has a calling code, the digits of a national number, and the beginnings of
such numbers, a range where they follow one another.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Final

import phonenumbers
from phonenumbers.phonemetadata import PhoneMetadata, PhoneNumberDesc

from import_svc.domain.phones import ask
from leadwire.contracts.generated import write_or_check

PATH: Final = Path("services/import-svc/src/import_svc/domain/phone_prefixes.txt")
FREE_DIGITS: Final = 5
"""Digits that a beginning leaves open at least: with fewer, there would be very many."""

DIGITS: Final = "0123456789"
_KINDS: Final = (
    "fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number",
    "voip", "pager", "uan", "voicemail",
)  # fmt: skip
_TOKEN: Final = re.compile(r"\\d|\[[^\]]+\]|\(\?:|\{\d+(?:,\d+)?\}|.")

Pattern = tuple["frozenset[str] | tuple[Pattern, ...]", ...]
"""What follows one another: a digit of a set, or one of several patterns."""


def parse(pattern: str) -> Pattern:
    """Take a regular expression apart, as far as rules of phone numbers use them."""
    alternatives = _alternatives(iter(_TOKEN.findall(pattern)))
    return (alternatives,)


def _alternatives(tokens: Iterator[str]) -> tuple[Pattern, ...]:
    found: list[list[frozenset[str] | tuple[Pattern, ...]]] = [[]]
    for token in tokens:
        match token[0]:
            case ")":
                break
            case "|":
                found.append([])
            case "(":
                found[-1].append(_alternatives(tokens))
            case "^" | "$":
                pass  # in prefixes only, which are held for possible all the more
            case "?":
                found[-1].append(((), (found[-1].pop(),)))
            case "{":
                least, _, most = token[1:-1].partition(",")
                last = found[-1].pop()
                found[-1] += [last] * int(least)
                found[-1] += [((), (last,))] * (int(most or least) - int(least))
            case _:
                digits = re.compile(token)
                found[-1].append(frozenset(filter(digits.fullmatch, DIGITS)))
    return tuple(map(tuple, found))


@cache
def after(pattern: Pattern, digit: str) -> frozenset[Pattern]:
    """Return what may follow once a digit was matched."""
    if not pattern:
        return frozenset()
    first, *others = pattern
    rest = tuple(others)
    if isinstance(first, frozenset):
        return frozenset({rest}) if digit in first else frozenset()
    return frozenset().union(*(after(each + rest, digit) for each in first))


@cache
def may_end(pattern: Pattern) -> bool:
    """Tell whether nothing need follow."""
    return all(not isinstance(each, frozenset) and any(map(may_end, each)) for each in pattern)


@cache
def valid_whatever_follows(patterns: frozenset[Pattern], digits: int) -> bool | None:
    """Tell whether all so many digits match, or none (False), or some (None)."""
    if not patterns or not digits:
        return any(map(may_end, patterns))
    verdicts = {valid_whatever_follows(_step(patterns, digit), digits - 1) for digit in DIGITS}
    return verdicts.pop() if len(verdicts) == 1 else None


def _step(patterns: frozenset[Pattern], digit: str) -> frozenset[Pattern]:
    return frozenset().union(*(after(pattern, digit) for pattern in patterns))


def beginnings(patterns: frozenset[Pattern], digits: int, begun: str = "") -> Iterator[str]:
    """Yield the shortest beginnings after which any so many digits match."""
    verdict = valid_whatever_follows(patterns, digits)
    if verdict and begun:
        yield begun
    elif verdict is not False and digits > FREE_DIGITS:
        for digit in DIGITS:
            yield from beginnings(_step(patterns, digit), digits - 1, begun + digit)


def rules(code: int) -> dict[int, frozenset[Pattern]]:
    """Return the patterns of a calling code, in all of its regions, by the length of numbers."""
    found: dict[int, set[Pattern]] = {}
    for region in phonenumbers.region_codes_for_country_code(code):
        metadata = _metadata(code, region)
        lengths = _rule(metadata, "general_desc").possible_length
        for kind in _KINDS:
            rule = _rule(metadata, kind)
            if pattern := rule.national_number_pattern:
                for length in rule.possible_length or lengths:
                    found.setdefault(length, set()).add(parse(pattern))
    return {length: frozenset(patterns) for length, patterns in sorted(found.items())}


def national_prefix(code: int) -> frozenset[Pattern]:
    """Return what is taken off a national number that begins with it, in all regions of a code."""
    main = _metadata(code, phonenumbers.region_code_for_country_code(code))
    prefix = main.national_prefix_for_parsing
    return frozenset({parse(prefix)} if prefix else ())


def may_begin(begun: str, prefix: frozenset[Pattern]) -> bool:
    """Tell whether a number with such a beginning may begin with a prefix."""
    for digit in begun:
        prefix = _step(prefix, digit)
        if any(map(may_end, prefix)):
            return True
    return bool(prefix)


def _metadata(code: int, region: str) -> PhoneMetadata:
    found = PhoneMetadata.metadata_for_region_or_calling_code(code, region)
    if found is None:
        raise LookupError(region)
    return found


def _rule(metadata: PhoneMetadata, kind: str) -> PhoneNumberDesc:
    found: PhoneNumberDesc | None = getattr(metadata, kind)
    return found or PhoneNumberDesc()


def agreed(code: int, begun: str, digits: int) -> bool:
    """Tell whether the judge takes numbers with such a beginning as they are."""
    free = digits - len(begun)
    ends = {digit * free for digit in DIGITS} | {DIGITS[:free].ljust(free, "5")}
    return all(ask(text, None) == (text, None) for text in (f"+{code}{begun}{end}" for end in ends))


def as_ranges(numbers: Iterable[str]) -> Iterator[str]:
    """Write numbers, a range where as long ones follow one another."""
    places = enumerate(sorted(numbers, key=lambda number: (len(number), number)))
    for _, group in groupby(places, key=lambda place: (len(place[1]), int(place[1]) - place[0])):
        first, *others = (number for _, number in group)
        yield f"{first}-{others[-1]}" if others else first


def lines() -> Iterator[str]:
    """Yield the lines of the file."""
    for code in sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE):
        prefix = national_prefix(code)
        for length, patterns in rules(code).items():
            found = [
                begun
                for begun in beginnings(patterns, length)
                if not may_begin(begun, prefix) and agreed(code, begun, length)
            ]
            if found:
                yield f"{code} {length} {' '.join(as_ranges(found))}\n"


if __name__ == "__main__":
    sys.exit(write_or_check(None, description=__doc__, files=lambda: {PATH: "".join(lines())}))
