-- Views are read as their invoker, so that a statement sees one load. These are the tables they read, and no others: not the providers' objects, not the cursors.
GRANT{{.OnCluster}}{{range $i, $t := .ReadTables}}{{if $i}},{{end}}
    SELECT ON {{$.Store}}.{{$t}}{{end}}
TO {{.Reader}}
