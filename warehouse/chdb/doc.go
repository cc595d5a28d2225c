// Package chdb runs ClickHouse inside the process and lets clickhouse-go talk to it, so that a warehouse in a folder and one on a server are one
// kind of thing to the rest of the program.
//
// The engine is libchdb, a shared library that is loaded at run time without cgo. Open finds it, or installs it once into the user's cache folder
// through npm with a pinned checksum. One process at a time can open a folder: that is the run lock of an embedded warehouse, and ErrLocked is
// how it shows. Within the process a DB runs up to Config.MaxConns statements at once, each in a session of its own.
//
// Through clickhouse-go:
//
//	db, err := chdb.Open(ctx, chdb.Config{Path: "./warehouse"})
//	...
//	defer db.Close(context.WithoutCancel(ctx))
//	conn, err := clickhouse.Open(chdb.Options(db, "mrr")) // or clickhouse.OpenDB for database/sql
//
// The options speak ClickHouse's HTTP interface to a http.RoundTripper that answers from the library. What follows from that: there are no
// sessions (SET and USE last for one statement; settings go into Options.Settings or clickhouse.WithSettings), a batch is sent as one INSERT when
// it is sent, external tables and compression are not there, and the time zone of a DateTime column is not told: everything is in UTC. An
// exception is a *clickhouse.Exception; errors.As finds it in what the driver returns. A database that Options names must exist when the first
// statement runs: make it through a connection to "" or through DB.Query.
//
// Two ways around the driver are there for large answers: DB.Run streams a result in any format, and DB.Blocks decodes one into columns that are
// used again.
//
// A statement can't be interrupted. When its context ends the call returns and the statement goes on behind it until its next chunk of output or
// of input, or its end.
package chdb
