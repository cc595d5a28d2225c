CREATE ROLE IF NOT EXISTS {{.Writer}}{{.OnCluster}}
