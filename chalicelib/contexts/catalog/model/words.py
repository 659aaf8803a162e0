"""Words as the catalogue compares them: tokens with the plainest plurals folded."""

from chalicelib.kernel.text import tokens

PLURAL_LENGTH_MIN = 4
HISSING = ("sses", "shes", "ches", "xes", "zes")


def stem(word: str) -> str:
    """Fold the plainest English plurals: enough to let `Shirts` find `shirt`."""
    if word.endswith("ies") and len(word) > PLURAL_LENGTH_MIN:
        return word[:-3] + "y"
    if word.endswith(HISSING) and len(word) > PLURAL_LENGTH_MIN:
        return word[:-2]
    if word.endswith("s") and not word.endswith("ss") and len(word) >= PLURAL_LENGTH_MIN:
        return word[:-1]
    return word


def stems(text: str) -> list[str]:
    """Split a text into stems, in order, without repetitions."""
    return list(dict.fromkeys(stem(token) for token in tokens(text)))
