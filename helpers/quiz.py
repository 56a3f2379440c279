"""Questions and predictions of the lessons: ungraded, and usable without widgets.

The questions, with an explanation for every option, are in ``questions.json`` beside the lessons.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from helpers.report import Message, Report

_predictions: dict[str, Any] = {}


def ask(question: str, answer: str = "") -> Report:
    """
    Show a question, or explain the answer that was chosen.

    Parameters
    ----------
    question : str
        The id of the question.
    answer : str
        The letter of an option; empty to read the question first.

    Returns
    -------
    Report
        The question with its options, or the explanation of the chosen one.

    Raises
    ------
    Message
        If there is no such question.
    """
    item = _question(question)
    options = item["options"]
    chosen = answer.strip().lower()
    lines = [f"{letter})  {option['text']}" for letter, option in options.items()]
    if chosen not in options:
        letters = ", ".join(options)
        how = f"Write {letters} between the quotes and run the cell again."
        if chosen:
            how = f"There is no option {chosen!r}. {how}"
        return Report(item["question"], *lines, how)
    right = item["right"]
    said = [f"You chose {chosen}) {options[chosen]['text']}", options[chosen]["why"]]
    if chosen == right:
        said.insert(1, "Right.")
    else:
        said.insert(1, "Not quite.")
        said += [f"Right is {right}) {options[right]['text']}", options[right]["why"]]
    return Report(item["question"], *said)


def draw_questions(count: int, seed: int) -> list[str]:
    """
    Draw questions for a review, as evenly over the units as possible.

    Parameters
    ----------
    count : int
        How many.
    seed : int
        The same number draws the same questions.

    Returns
    -------
    list of str
        Ids for :func:`ask`, in random order; fewer than ``count`` if there are not so many.

    Raises
    ------
    Message
        If the questions are missing.
    """
    rng = np.random.default_rng(seed)
    units: dict[str, list[str]] = {}
    for name, item in _questions().items():
        if not item.get("only_here"):  # about code in one lesson
            units.setdefault(item["objective"].split(".")[0], []).append(name)
    units.pop("0", None)  # what was known before unit 1
    piles = [list(rng.permutation(names)) for names in units.values()]
    drawn: list[str] = []
    while len(drawn) < count and any(piles):
        for pile in rng.permutation(len(piles)):
            if piles[pile] and len(drawn) < count:
                drawn.append(str(piles[pile].pop()))
    return [str(name) for name in rng.permutation(drawn)]


def predict(name: str, guess: Any = None) -> Report:
    """
    Record a prediction before the result is shown.

    Parameters
    ----------
    name : str
        The name of the prediction, used again by :func:`reveal`.
    guess : number or str, optional
        Your guess; without one nothing is recorded.

    Returns
    -------
    Report
        What was recorded, or how to record a guess.
    """
    if guess is None or guess == "":
        return Report("Your prediction", "Replace None by your guess and run the cell again.")
    _predictions[name] = guess
    return Report("Your prediction", f"Recorded: {guess}. Now run the next cell.")


def reveal(name: str, result: Any, why: str) -> Report:
    """
    Show a result beside the prediction that was made before; without a prediction show nothing.

    Parameters
    ----------
    name : str
        The name that was given to :func:`predict`.
    result : number or str
        What really happens.
    why : str
        The reason, in a sentence or two.

    Returns
    -------
    Report
        Prediction and result side by side with the reason, or a request to predict first.
    """
    if name not in _predictions:
        return Report(
            "Predict first", "Write your guess in the cell above and run it; then run this one."
        )
    guess = _predictions[name]
    shown = f"{result:.6g}" if isinstance(result, float) else str(result)
    return Report(
        "Prediction and result",
        f"You predicted {guess}. It is {shown}.{_compare(guess, result)}",
        why,
    )


def _compare(guess: Any, result: Any) -> str:
    """Say whether a guess and a result are the same, numbers within 5 percent."""
    if isinstance(guess, str) or isinstance(result, str):
        same = str(guess).strip().lower() == str(result).strip().lower()
    else:
        same = abs(guess - result) <= 0.05 * abs(result)
    if same:
        return " The same."
    return " Different: read on, this is where something is learned."


def _questions() -> Any:
    path = Path.cwd() / "questions.json"
    if not path.exists():
        raise Message(
            "The file questions.json is missing beside this notebook.",
            "Open the lesson in the course folder.",
        )
    return json.loads(path.read_text(encoding="utf-8"))


def _question(name: str) -> Any:
    questions = _questions()
    if name not in questions:
        raise Message(
            f"There is no question {name!r}.", f"The questions are: {', '.join(questions)}."
        )
    return questions[name]
