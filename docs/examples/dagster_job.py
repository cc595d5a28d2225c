"""Publish MRR every night with mrrsync, as a Dagster asset with its receipt."""

import json
import subprocess

from dagster import (
    AssetExecutionContext,
    Definitions,
    Failure,
    MaterializeResult,
    RetryPolicy,
    ScheduleDefinition,
    asset,
    define_asset_job,
)

FOLDER = "/srv/mrr"
PUBLISHED_WITH_FAULTS = 3
USAGE = 2


@asset(group_name="finance", retry_policy=RetryPolicy(max_retries=3, delay=600))
def mrr(context: AssetExecutionContext) -> MaterializeResult:
    """Daily MRR, published through yesterday."""
    run = subprocess.run(
        ["mrrsync", "sync", "--json", "--no-progress", "--log-format", "json"],
        cwd=FOLDER,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if run.returncode not in (0, PUBLISHED_WITH_FAULTS):
        raise Failure(
            f"mrrsync sync ended with exit code {run.returncode}",
            allow_retries=run.returncode != USAGE,
        )
    receipt = json.loads(run.stdout)
    if run.returncode == PUBLISHED_WITH_FAULTS:
        context.log.warning("published, but a source failed or rows were rejected: see mrrsync status")
    return MaterializeResult(
        metadata={"through": receipt["through"], "load": receipt["load"], "rejects": receipt["rejects"]}
    )


nightly = define_asset_job("mrrsync_nightly", selection=[mrr])

defs = Definitions(
    assets=[mrr],
    jobs=[nightly],
    schedules=[ScheduleDefinition(job=nightly, cron_schedule="15 2 * * *", execution_timezone="Europe/Berlin")],
)
