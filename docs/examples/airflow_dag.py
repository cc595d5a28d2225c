"""Publish MRR every night with mrrsync.

Exit code 3 means that figures were published although something is wrong: the
task is skipped rather than failed, so that what reads the figures goes on, and
the freshness check says whether they are current. 4 means that another run holds
the warehouse: that is worth another try.
"""

from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.bash import BashOperator

FOLDER = "/srv/mrr"

with DAG(
    dag_id="mrrsync",
    schedule="15 2 * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,  # a sync repairs what was missed by itself
    max_active_runs=1,
    default_args={"retries": 3, "retry_delay": timedelta(minutes=10)},
    tags=["finance"],
) as dag:
    sync = BashOperator(
        task_id="sync",
        cwd=FOLDER,
        bash_command="mrrsync sync --no-progress --log-format json --json",
        skip_on_exit_code=[3],
        execution_timeout=timedelta(hours=6),
    )

    fresh = BashOperator(
        task_id="fresh",
        cwd=FOLDER,
        bash_command="mrrsync status --max-age 36h --json",
        trigger_rule="all_done",
        retries=0,
    )

    _ = sync >> fresh
