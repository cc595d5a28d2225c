-- For mrrsync itself. The third database stands for the scratch copies that `mrrsync schema check` compares with and drops.
GRANT{{.OnCluster}}{{range $i, $db := .WriterDatabases}}{{if $i}},{{end}}
    SELECT, INSERT, ALTER, CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP DATABASE, DROP TABLE, DROP VIEW, TRUNCATE, OPTIMIZE, SYSTEM SYNC REPLICA ON {{$db}}.*{{end}}
TO {{.Writer}}
