CREATE ROLE IF NOT EXISTS {{.Reader}}{{.OnCluster}} SETTINGS PROFILE {{.Reader}}
