-- Reads alone, within limits. Grafana sets max_execution_time on every query, other tools what is listed behind it: they may, within bounds.
CREATE SETTINGS PROFILE IF NOT EXISTS {{.Reader}}{{.OnCluster}} SETTINGS
    readonly = 1,
    max_execution_time = 60 MIN 1 MAX 300 CHANGEABLE_IN_READONLY,
    max_result_rows = 1000000 MIN 1 MAX 10000000 CHANGEABLE_IN_READONLY,
    max_memory_usage = 4000000000 MIN 1 MAX 8000000000,
    result_overflow_mode CHANGEABLE_IN_READONLY,
    session_timezone CHANGEABLE_IN_READONLY,
    date_time_output_format CHANGEABLE_IN_READONLY,
    join_use_nulls CHANGEABLE_IN_READONLY,
    enable_http_compression CHANGEABLE_IN_READONLY,
    send_progress_in_http_headers CHANGEABLE_IN_READONLY,
    http_headers_progress_interval_ms CHANGEABLE_IN_READONLY{{if .Cloud}},
    select_sequential_consistency = 1{{end}}
