"""A worker without its broker: drains the outbox and builds releases until it is killed."""

import time

import django


def main() -> None:
    django.setup()
    from dashboards.services.build_all import build_stale
    from spo_portal.kernel import outbox

    while True:
        done = outbox.drain(batch=5) + build_stale(seconds=1)
        if not done:
            time.sleep(0.02)


if __name__ == "__main__":
    main()
