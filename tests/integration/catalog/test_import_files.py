"""Whole files through the whole import: the demo's, and those that importers stumble over."""

import json
from pathlib import Path

import boto3
import pytest

from chalicelib.aws.settings import settings
from chalicelib.contexts.catalog.model.jobs import ImportState
from chalicelib.contexts.catalog.model.refusals import ImportUnreadable
from chalicelib.contexts.catalog.service import importer, imports, tree
from chalicelib.contexts.catalog.service.imports import Progress
from chalicelib.contexts.catalog.service.jobs import RunImport
from chalicelib.kernel.actors import SYSTEM, Actor
from demo import catalogue
from demo.goods import FOLDER, goods_of
from tests.makers.people import a_merchant

DATA = Path(__file__).parents[2] / "data"
SLICES_MAX = 20
REFUSED_AFTER_READING = [(14, "import.sku_taken"), (21, "import.handle_repeated")]


def brought_in(actor: Actor, body: bytes) -> Progress:
    """Import a file as the queue would have it done, slice by slice."""
    job = imports.hand_in(actor, body)
    for _ in range(SLICES_MAX):
        importer.run(RunImport(job.id))
        seen = imports.progress(actor, job.id)
        if seen.job.state in {ImportState.DONE, ImportState.FAILED}:
            return seen
    raise AssertionError("the import does not end")


def test_takes_a_demo_catalogue_once(stage):
    tree.load_categories(SYSTEM, json.loads((FOLDER / "categories.json").read_text("utf-8")))
    seller = a_merchant("brightwire")
    text = (catalogue.CATALOGUE / "brightwire.csv").read_text(encoding="utf-8")
    file = text.replace(catalogue.SHOP_URL, "http://127.0.0.1:8000").encode()
    first, second = brought_in(seller.actor, file), brought_in(seller.actor, file)
    products = len(goods_of("brightwire"))
    assert (first.job.state, first.refused, first.notices) == (ImportState.DONE, [], [])
    assert (first.job.counts.created, first.job.counts.unchanged) == (products, 0)
    assert (second.job.counts.created, second.job.counts.updated) == (0, 0)
    assert second.job.counts.unchanged == products


def test_refuses_rows_that_contradict_earlier_ones(stage):
    seller = a_merchant("edge")
    seen = brought_in(seller.actor, (DATA / "bad_rows.csv").read_bytes())
    refused = [(remark.row, remark.code) for remark in seen.refused]
    assert seen.job.state is ImportState.DONE
    assert [one for one in refused if one in REFUSED_AFTER_READING] == REFUSED_AFTER_READING
    assert len(refused) == 18
    assert seen.job.counts.created == 5


def test_refuses_a_file_that_breaks_off_and_keeps_nothing(stage):
    seller = a_merchant("edge")
    with pytest.raises(ImportUnreadable, match="is a quote left open"):
        imports.hand_in(seller.actor, (DATA / "open_quote.csv").read_bytes())
    stored = boto3.client("s3").list_objects_v2(Bucket=settings().uploads_bucket)
    assert stored["KeyCount"] == 0
