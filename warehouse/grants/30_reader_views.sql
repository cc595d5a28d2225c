GRANT{{.OnCluster}} SELECT ON {{.DB}}.* TO {{.Reader}}
