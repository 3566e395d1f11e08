"""How people mistype a known name, and the lists that the corpus is made from.

Used by corpus.py. Standard library only.
"""

import random
import re
import unicodedata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Names that mean the US military wherever they stand.
CORE = set("""
africom army armymedicine centcom cybercom darpa dcma dfas dodlive disa eucom marines nationalguard navy
noradnorthcom northcom pacom socom southcom spacecom spaceforce stratcom transcom uscg usfj usfk usmc ustranscom
""".split())
PEOPLE = """jane.doe john.smith bob.jones maria.garcia wei.chen j.miller ann.o'neil k_brown tom-baker r.davis3
sarah.c.wilson david.lee paul.martin.jr lisa+travel mnguyen x.taylor""".split()
PERSONAS = """jane.q.doe.civ john.a.smith.mil robert.b.jones.ctr maria.garcia.civ wei.chen12.mil ann.m.lee.ctr""".split()
COMPLETIONS = ["com", "net", "org", "us", "gov", "edu", "info", "biz"]
KEYBOARDS = {
    "qwerty": ["1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"],
    "qwertz": ["1234567890", "qwertzuiop", "asdfghjkl", "yxcvbnm"],
    "azerty": ["1234567890", "azertyuiop", "qsdfghjklm", "wxcvbn"],
}

rng = random.Random(20261123)


def rows(name):
    lines = (ROOT / "data" / name).read_text(encoding="utf-8").split("\n")
    return [line for line in lines if line and not line.startswith("# ")]


def neighbours(keyboard):
    found = {}
    for y, row in enumerate(keyboard):
        for x, key in enumerate(row):
            near = [(y, x - 1), (y, x + 1), (y - 1, x), (y - 1, x + 1), (y + 1, x), (y + 1, x - 1)]
            found[key] = "".join(keyboard[b][a] for b, a in near
                                 if 0 <= b < len(keyboard) and 0 <= a < len(keyboard[b]))
    return found


NEAR = {name: neighbours(rows_) for name, rows_ in KEYBOARDS.items()}
# Names that are words or abbreviations which others use as well: `health.ml` may be a health service.
GENERIC = set((ROOT / "tests" / "corpus" / "generic-names.txt").read_text(encoding="utf-8").split("\n")[2:-1])
LETTERS = "abcdefghijklmnopqrstuvwxyz"
MIL = [row.removesuffix(".mil") for row in rows("mil-domains.txt")]
KNOWN = set(MIL)
HOSTS = [row.removesuffix(".mil") for row in rows("mil-hosts.txt")]
TLDS = set(rows("tlds.txt"))
COMMON = rows("common-domains.txt")
OWN = rows("us-military-nonmil.txt")
# Real, though missing from the sample in data/.
REAL = set(COMMON) | set(OWN) | {"nga.gov", "uscg.gov", "usuhs.edu"}
FOREIGN = [row.split("\t") for row in rows("foreign-military.tsv")]
FOREIGN_NAMES = {row[0] for row in FOREIGN}
DISTINCT = [name for name in MIL if name not in GENERIC]
LONG = [name for name in DISTINCT if len(name) >= 4]


def name_of(host):
    return host.rsplit(".", 1)[-1]


def someone():
    return rng.choice(PEOPLE if rng.random() < 0.7 else PERSONAS)


def sample(values, count):
    values = list(values)
    return values if len(values) <= count else rng.sample(values, count)


def hosts(count, among=None):
    return sample([host for host in HOSTS if among is None or name_of(host) in among], count)


def one_edit(word, alphabet=LETTERS):
    """All strings one edit (optimal string alignment) away."""
    found = set()
    for i in range(len(word) + 1):
        found.update(word[:i] + c + word[i:] for c in alphabet)
        if i < len(word):
            found.add(word[:i] + word[i + 1:])
            found.update(word[:i] + c + word[i + 1:] for c in alphabet)
        if i + 1 < len(word):
            found.add(word[:i] + word[i + 1] + word[i] + word[i + 2:])
    found.discard(word)
    return found


NEIGHBOURHOOD = {}
for _name in MIL:
    for _typo in one_edit(_name, LETTERS + "0123456789-"):
        NEIGHBOURHOOD.setdefault(_typo, set()).add(_name)


def slips(word):
    """(kind, result) for each likely typing mistake, rather than for every edit."""
    for i, c in enumerate(word):
        yield "dropped", word[:i] + word[i + 1:]
        yield "repeated", word[:i] + c + word[i:]
        if i + 1 < len(word):
            yield "transposed", word[:i] + word[i + 1] + c + word[i + 2:]
        for layout, near in NEAR.items():
            for other in near.get(c, ""):
                yield layout, word[:i] + other + word[i + 1:]
                yield "brushed", word[:i] + other + word[i:]
        for sound in {"c": "ks", "k": "c", "s": "cz", "y": "i", "i": "ey", "e": "ia", "a": "eo", "o": "a"}.get(c, ""):
            yield "phonetic", word[:i] + sound + word[i + 1:]
    if "-" in word:
        yield "hyphen", word.replace("-", "", 1)


def valid(label):
    return bool(re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", label)) and label[2:4] != "--"


def is_real(domain):
    labels = domain.split(".")
    return any(".".join(labels[i:]) in REAL for i in range(len(labels) - 1))


def glyphs():
    """The characters that look like a letter, by the kind of likeness and the letter."""
    found = {}
    for row in rows("confusables.tsv"):
        fields = row.split("\t")
        char, like, evidence, status = fields[1], fields[2], fields[3], fields[4]
        if status.startswith("valid") and len(char) == 1 and unicodedata.bidirectional(char) == "L":
            kind = "uts39" if "uts39" in evidence else "diacritic" if "diacritic" in evidence else None
            # The middle of a label may hold marks, its ends may not: letters only.
            if kind and unicodedata.category(char).startswith("L"):
                found.setdefault((kind, like), []).append(char)
    return found
