"""``mmnotes train``."""

import argparse
import ast
import shlex
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mmnotes.cli.common import OK, command, write_json

if TYPE_CHECKING:
    from mmnotes.book.checkout import Checkout
    from mmnotes.experiments.tasks import Task

_FOLDER = "build/runs"


def add_commands(commands: Any) -> None:
    """Add it to the command line."""
    parser = command(commands, "train", train, "train recommenders, and say how good they are")
    add = parser.add_argument
    add("models", nargs="+", metavar="MODEL", help="such as LightGCN; MostPop always runs along")
    add("--data", required=True, metavar="NAME|DIR", help="a dataset, see mmnotes data list")
    add("--seeds", nargs="+", type=int, default=[0], metavar="N")
    add("--preset", default="paper", help="named settings")
    add(
        "--set",
        action="append",
        default=[],
        type=_setting,
        metavar="KEY=VALUE",
        help="a setting of the models that have it",
    )
    add("--protocol", default="warm", help="warm (as split) or cold (items held out)")
    add("--modalities", nargs="+", default=[], metavar="NAME", help="those that models get to see")
    add(
        "--knock-out",
        nargs="+",
        default=[],
        type=_setting,
        metavar="MODALITY=WAY",
        help="zero, mean, shuffle or noise, for models that look at content",
    )
    add("--at", choices=("training", "scoring"), default="training", help="when it is knocked out")
    add("--graphs", default="rebuilt", help="rebuilt from what is left, or kept")
    add("--jobs", type=int, default=1, metavar="N", help="runs side by side, one thread each")
    add("--backend", default="loky", help="loky (this machine), dask or ray")
    add("--device", default="auto", help="auto, cpu or cuda")
    add("--folder", default=_FOLDER, metavar="DIR", help=f"finished and begun runs; {_FOLDER}")
    add("--baseline", default="MostPop", metavar="LABEL", help="what gains are over")
    add("--json", metavar="FILE", help="write runs and summary; - for the terminal")
    add(
        "--keep",
        metavar="NAME",
        help="keep the test part in book/results, for the page of published figures",
    )


def train(given: argparse.Namespace) -> int:
    """``mmnotes train``: how good is each model on validation and test, over users and seeds?"""
    from mmnotes.data import load
    from mmnotes.errors import InputError
    from mmnotes.experiments.collection import collection
    from mmnotes.experiments.grid import RunsFailed, grid
    from mmnotes.experiments.models import WITHOUT_CONTENT
    from mmnotes.experiments.summary import summary
    from mmnotes.experiments.text import as_text

    checkout = _checkout(given) if given.keep is not None else None
    tasks = _tasks(given)
    needs_content = any(task.model not in WITHOUT_CONTENT for task in tasks)
    dataset = load(given.data)
    data = collection(dataset, needs_content)
    failed = None
    try:
        runs = grid(tasks, data, given.folder, given.jobs, given.backend)
    except RunsFailed as error:
        runs, failed = error.runs, error
    rows = summary(runs, given.baseline) if runs else []
    if given.json != "-" and rows:
        print(as_text(rows))
    if given.json:
        document = {
            "runs": [run.to_dict() for run in runs],
            "summary": [row.to_dict() for row in rows],
        }
        try:
            write_json(document, given.json)
        except InputError as error:
            raise InputError(f"{failed}\n{error}" if failed else str(error)) from error
    if failed is not None:
        raise failed
    if checkout is not None:
        from mmnotes.report.trained import keep_trained

        typed, folder = _typed(given, dataset.name), checkout.results
        path = keep_trained(given.keep, dataset, runs, rows, typed, given.device, folder)
        print(f"kept: {checkout.show(path)}", file=sys.stderr)
    return OK


def _checkout(given: argparse.Namespace) -> "Checkout":
    """Where to keep a table, asked before hours of training."""
    from mmnotes.book.checkout import Checkout
    from mmnotes.report.trained import check_keepable

    check_keepable(given.keep, given.seeds, given.protocol)
    return Checkout.find()


def _typed(given: argparse.Namespace, data: str) -> str:
    """The command that trains and keeps the same, without where and how fast."""
    words = ["mmnotes", "train", *given.models, "--preset", given.preset]
    for key, value in given.set:
        text = f"{key}={value}"
        words += ["--set", text if _setting(text) == (key, value) else f"{key}={value!r}"]
    if given.modalities:
        words += ["--modalities", *given.modalities]
    if given.knock_out:
        words += ["--knock-out", *(f"{name}={way}" for name, way in given.knock_out)]
        words += ["--at", given.at, "--graphs", given.graphs]
    seeds = map(str, given.seeds)
    return shlex.join([*words, "--data", data, "--seeds", *seeds, "--keep", given.keep])


def _tasks(given: argparse.Namespace) -> "list[Task]":
    from mmnotes.errors import InputError
    from mmnotes.experiments.models import parameters
    from mmnotes.experiments.presets import preset
    from mmnotes.experiments.summary import FLOOR
    from mmnotes.experiments.tasks import Task

    models = list(dict.fromkeys([FLOOR, *given.models]))
    for key, _ in given.set:
        if not any(key in parameters(model) for model in models):
            raise InputError(f"--set {key}: none of {', '.join(models)} has such a setting")
    _check_choices(given, models)
    tasks = []
    for model in models:
        own = {key: value for key, value in given.set if key in parameters(model)}
        first = Task(
            model,
            settings=preset(given.preset, model) | own,
            preset=given.preset,
            protocol=given.protocol,
            device=given.device,
            **_of_content(given, model),
        )
        tasks += [replace(first, seed=seed) for seed in given.seeds]
    return tasks


def _check_choices(given: argparse.Namespace, models: list[str]) -> None:
    """Refuse what would be passed over without a word."""
    from mmnotes.errors import InputError
    from mmnotes.experiments.models import WITHOUT_CONTENT

    blind = all(model in WITHOUT_CONTENT for model in models)
    if blind and (given.knock_out or given.modalities):
        raise InputError(f"--knock-out, --modalities: none of {', '.join(models)} looks at content")
    if not given.knock_out and (given.at, given.graphs) != ("training", "rebuilt"):
        raise InputError("--at and --graphs say how --knock-out is meant: give that too")
    if given.baseline.split(",")[0] not in models:
        raise InputError(f"--baseline {given.baseline}: it starts with one of {', '.join(models)}")


def _of_content(given: argparse.Namespace, model: str) -> dict[str, Any]:
    """What is done to the content of a model that looks at any."""
    from mmnotes.experiments.models import WITHOUT_CONTENT
    from mmnotes.experiments.tasks import KnockOut

    if model in WITHOUT_CONTENT:
        return {}
    seen: dict[str, Any] = {"modalities": tuple(given.modalities)}
    if given.knock_out:
        knocked_out = KnockOut(dict(given.knock_out), given.graphs)
        scoring = given.at == "scoring"
        seen |= {"at_scoring": (knocked_out,)} if scoring else {"knocked_out": knocked_out}
    return seen


def _setting(text: str) -> tuple[str, Any]:
    """``key=value`` as a name and a plain value: a number, a word, True, None, a dict."""
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=VALUE")
    try:
        return key, ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return key, value
