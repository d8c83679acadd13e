"""The clock that deadlines are read on: the database's, so that every process tells the same second.

The trigger of ``labelling_amiapplication`` reads the same clock when a file is submitted (domain § 7).
"""

import datetime

from django.db import connection


def now() -> datetime.datetime:
    """This very moment, aware. It moves on inside a transaction, as the trigger's clock does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row = cursor.fetchone()
    moment: datetime.datetime = row[0]
    return moment


def of_transaction() -> datetime.datetime:
    """When this transaction began: one instant for all it writes, and what row security reads as now()."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT transaction_timestamp()")
        row = cursor.fetchone()
    moment: datetime.datetime = row[0]
    return moment
