"""gunicorn: threads in two processes, connections opened after the fork only.

No access log: return codes travel in paths, and a path in a log would outlive the code (RGPD).
"""

worker_class = "gthread"
workers = 2
threads = 4
# Nothing is loaded, hence no connection opened, before the fork.
preload_app = False
accesslog = None
errorlog = "-"
loglevel = "warning"
timeout = 30
graceful_timeout = 10
keepalive = 5
# Processes are renewed now and then, not all at once.
max_requests = 5000
max_requests_jitter = 500
# Larger request lines and headers are refused before Django sees them.
limit_request_line = 4094
limit_request_fields = 60
limit_request_field_size = 8190
worker_tmp_dir = None
control_socket_disable = True


def post_worker_init(worker: object) -> None:
    """Start this process's document child now, so that the first fiche printed does not wait for it."""
    from spo_portal.kernel import pdf

    pdf.prewarm()
