"""Schedules that programs keep themselves: each statement in its own words, typed by the function that it starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from mlops_scan.scanner.graph import Graph, purpose_of_schedule
from mlops_scan.scanner.link.code import clocked, clocks
from mlops_scan.scanner.link.code.index import Code
from mlops_scan.scanner.model import Fact
from tests.by_hand import call, fact, modules, named, use

Understand = Callable[[Mapping[str, str]], Graph]

FILES = {
    "train.py": "import joblib\nfrom sklearn.linear_model import Ridge\n\n"
    "joblib.dump(Ridge().fit([[0.0]], [0.0]), 'm.joblib')\n",
    "score.py": "import joblib\nimport pandas as pd\n\nmodel = joblib.load('m.joblib')\n"
    "pd.Series(model.predict(pd.read_csv('in.csv'))).to_csv('out.csv')\n",
    "jobs.py": "import joblib\nfrom sklearn.linear_model import Ridge\n\ndef refit(depth=1):\n"
    "    joblib.dump(Ridge().fit([[0.0]], [0.0]), 'm.joblib')\n",
}
JOBS = """
import subprocess, sys, threading
from functools import partial
import jobs

def run(script):
    subprocess.run([sys.executable, script], check=True)

def train(depth=1):
    subprocess.run(["python", "train.py"])

def score():
    run("score.py")

def beside(work):
    threading.Thread(target=work).start()

def clean():
    print("clean")
"""
LOOP = f"""{JOBS}
import schedule
from schedule import every, repeat

HOURS = 12
schedule.every().day.at("02:00").do(train)
schedule.every().hour.do(score)
schedule.every(6).hours.do(score)
schedule.every().monday.do(train)
every(2).days.at("10:30").do(partial(train, 3))
every(5).to(10).minutes.do(beside, score)
every().sunday.at("03:00", "Europe/Rome").do(jobs.refit, depth=3)
every(HOURS).hours.do(lambda: clean())
job = every(3).weeks
job.do(score)

@repeat(every(10).seconds)
def again():
    score()
"""
SCHEDULER = f"""{JOBS}
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

class Service:
    def __init__(self):
        self.scheduler = BackgroundScheduler()
        self.scheduler.add_job(self.nightly, trigger=CronTrigger(hour=2, minute=30))
        self.scheduler.add_job(func=score, trigger=IntervalTrigger(hours=6), id="s")
        monday = CronTrigger(day_of_week="mon", hour=4)
        self.scheduler.add_job(lambda: train(3), monday)
        self.scheduler.add_job(partial(score), "interval", minutes=15)
        self.scheduler.add_job(train, CronTrigger.from_crontab("0 2 * * *"))
        self.scheduler.add_job("jobs:refit", "cron", hour=5)
        self.scheduler.add_job(clean, "interval", hours=1)

    def nightly(self):
        train()
"""
TASKS = f"""{JOBS}
from celery import Celery
from celery.schedules import crontab
import aiocron

app = Celery("x")
app.conf.beat_schedule = {{
    "one": {{"task": "s.train_task", "schedule": crontab(hour=1, minute=30)}},
    "two": {{"task": "score-task", "schedule": 3600.0}},
    "three": {{"task": "score-task", "schedule": crontab(minute=5)}},
}}

@app.task
def train_task():
    train()

@app.task(name="score-task")
def score_task():
    score()

@app.on_after_configure.connect
def setup(sender, **kwargs):
    sender.add_periodic_task(crontab(hour=7), train_task.s())

@aiocron.crontab("0 4 * * *")
async def again():
    score()
"""


def told(graph: Graph) -> dict[str, tuple[str, str]]:
    """Time -> function and purpose of each schedule."""
    return {
        one.name: (str(one.get("owner")).rpartition("#")[2], purpose_of_schedule(graph, one))
        for one in graph.facts("schedule")
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            LOOP,
            {
                "02:00 daily": ("train", "train"),
                "hourly": ("score", "score"),
                "every 6 hours": ("score", "score"),
                "every monday": ("train", "train"),
                "10:30 every 2 days": ("train", "train"),
                "every 5 to 10 minutes": ("score", "score"),
                "03:00 every sunday": ("refit", "train"),
                "every 12 hours": ("clean", "maintenance"),
                "every 3 weeks": ("score", "score"),
                "every 10 seconds": ("again", "score"),
            },
        ),
        (
            SCHEDULER,
            {
                "cron minute=30 hour=2": ("Service.nightly", "train"),
                "every 6 hours": ("score", "score"),
                "cron hour=4 day_of_week=mon": ("train", "train"),
                "every 15 minutes": ("score", "score"),
                "0 2 * * *": ("train", "train"),
                "cron hour=5": ("refit", "train"),
                "every hour": ("clean", "maintenance"),
            },
        ),
        (
            TASKS,
            {
                "minute=30 hour=1": ("train_task", "train"),
                "every 3600 seconds": ("score_task", "score"),
                "minute=5": ("score_task", "score"),
                "hour=7": ("train_task", "train"),
                "0 4 * * *": ("again", "score"),
            },
        ),
    ],
)
def test_each_statement_is_a_schedule_of_the_function_that_it_starts(
    understand: Understand, text: str, expected: dict[str, tuple[str, str]]
) -> None:
    graph = understand({**FILES, "s.py": text})
    assert told(graph) == expected
    nodes = [one for one in graph.nodes() if one.kind == "schedule"]
    assert len(nodes) == len(expected) == len({one.at.line for one in nodes})


def test_a_program_that_only_cleans_by_the_clock_does_not_retrain(understand: Understand) -> None:
    text = f"{JOBS}\nimport schedule\n\nschedule.every().day.do(clean)\ntrain()\n"
    graph = understand({**FILES, "s.py": text})
    assert told(graph) == {"daily": ("clean", "maintenance")}
    assert not graph.evidence("retraining-trigger")


def _time(of: Fact, value: Any = None, *others: Fact) -> str:
    return clocks.time_of(of, value, Code([of, *others], ()))


def test_times_are_told_in_the_words_of_the_statement() -> None:
    chain = call("lib.every.days.at.do", "s.py:3", named("f"), receiver_args=["10:00"])
    assert _time(chain, None, call("lib.every", "s.py:3", 2), call("lib.every.days.at", "s.py:3", "10:00")) == (
        "10:00 every 2 days"
    )
    assert _time(call("lib.every.minute.do", "s.py:3", named("f"))) == "every minute"
    assert _time(call("lib.every.hours.do", "s.py:3", named("f"), receiver_args=[4])) == "every 4 hours"
    assert (
        _time(call("lib.add", "s.py:3", kwargs={"hours": 1, "minutes": 30}), "interval")
        == "every hour every 30 minutes"
    )
    assert _time(call("lib.add", "s.py:3", kwargs={"hour": 3}), "cron") == "cron hour=3"
    assert _time(call("lib.crontab", "s.py:3", kwargs={"hour": 3})) == "hour=3"
    assert _time(call("lib.other", "s.py:3")) == ""
    assert (clocks.every(1, "days"), clocks.every("60", "seconds")) == ("every day", "every 60 seconds")


def test_the_function_is_followed_through_what_wraps_it() -> None:
    facts = [
        *modules("s.py"),
        fact("function", "fit", "s.py:1"),
        fact("function", "beside", "s.py:3", params=[{"name": "work"}]),
        fact("call", "work", "s.py:4", function="beside"),
        fact("function", "loud", "s.py:6", params=[{"name": "then"}]),
        fact("call", "print", "s.py:7", function="loud"),
    ]

    def started(*args: Any, **says: Any) -> str:
        of = call("lib.do", "s.py:20-21", *args, **says)
        return clocked.spelled(clocked.function_of(use("schedules", of, pipeline=(0,)), Code([*facts, of], ())))

    assert started(named("fit")) == "s.py#fit"
    assert started({"expr": "partial(fit, 2)", "call": "functools.partial", "args": [named("fit"), 2]}) == "s.py#fit"
    assert started({"expr": "fit.s()", "call": "fit.s"}) == "s.py#fit"
    assert started(named("beside"), named("fit")) == "s.py#fit"
    assert started(named("loud"), named("fit")) == "s.py#loud"
    assert started("s:fit") == "s.py#fit"
    assert started(named("gone")) == started("s:gone") == started() == ""
    assert started(decorates="fit") == "s.py#fit"


def test_a_table_of_tasks_tells_the_times_that_are_numbers() -> None:
    entries = {"a": {"task": "s.fit", "schedule": 60.0}, "b": {"task": "gone", "schedule": 5}, "c": {"task": "s.fit"}}
    facts = [
        *modules("s.py"),
        fact("function", "fit", "s.py:1"),
        fact("constant", "beat_schedule", "s.py:4-9", value=entries),
    ]
    found = [(str(table.at), time, owner) for table, time, owner in clocked.tables(Code(facts, ()))]
    assert found == [("s.py:4", "every 60 seconds", "s.py#fit"), ("s.py:4", "every 5 seconds", "")]
