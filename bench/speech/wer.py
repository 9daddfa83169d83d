"""Word error rate: substitutions, deletions and insertions over the words of the reference (Levenshtein, 1966).

    python3 wer.py     # checks itself

Words are compared after the usual normalisation: case, punctuation, what stands in brackets, hesitations, contractions with "'s"
left as they are, British to American spelling for the few words met here, and numbers below one hundred as words.
"""
import re
import unicodedata

HESITATIONS = {"hmm", "mm", "mhm", "uh", "um", "er", "eh"}
SPELLING = {"colour": "color", "coloured": "colored", "colourful": "colorful", "harbour": "harbor", "grey": "gray",
            "centre": "center", "favourite": "favorite", "metre": "meter", "metres": "meters", "neighbour": "neighbor"}
ONES = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
        "eighteen nineteen").split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()


def number(match):
    value = int(match[0])
    if value < 20:
        return ONES[value]
    if value < 100:
        return TENS[value // 10 - 2] + (" " + ONES[value % 10] if value % 10 else "")
    if 1100 <= value < 2000:
        return number([str(value // 100)]) + " " + number([str(value % 100)])
    return match[0]


def words(text):
    text = unicodedata.normalize("NFKC", text).lower().replace("’", "'")
    text = re.sub(r"[\[(][^\])]*[\])]", " ", text)
    text = re.sub(r"\d+", number, text)
    text = re.sub(r"(?<!\w)'|'(?!\w)", " ", text)
    # Letters, digits, combining marks and apostrophes inside of words stay.
    text = "".join(c if c.isalnum() or c == "'" or unicodedata.category(c) == "Mn" else " " for c in text)
    return [SPELLING.get(word, word) for word in text.split() if word not in HESITATIONS]


def errors(reference, heard):
    """Fewest edits between two lists of words."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(reference, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            diagonal, row[j] = row[j], min(diagonal + (word != other), row[j] + 1, row[j - 1] + 1)
    return row[-1]


def check():
    for a, b, expected in [("a b c", "a b c", 0), ("a b c", "a x c", 1), ("a b c", "", 3), ("", "a", 1),
                           ("kitten sitting on", "sitting kitten on", 2), ("a b c d", "b c d e", 2)]:
        assert errors(a.split(), b.split()) == expected, (a, b)
    assert words("It’s 21 O'Clock, [music] um — Grey!") == ["it's", "twenty", "one", "o'clock", "gray"]
    assert words("in 1892 'quoted'") == ["in", "eighteen", "ninety", "two", "quoted"]


if __name__ == "__main__":
    check()
    print("wer: as it should be")
