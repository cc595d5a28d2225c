// Package warehouse keeps what providers said and what follows from it, in
// ClickHouse: inside the process (a folder) or on a server, through one driver.
//
// There are two halves. The raw half is append-only: every version of every
// provider object, the cursors of the streams, and a seal per source that says
// up to which run it was pulled completely. The derived half is made of loads.
// A load is written where nobody looks, under a load_id of its own: the rows of
// the customers that were derived again come from Go, all others are carried
// forward inside the engine, the days of the months that changed are expanded
// from periods there too, and everything is verified. One insert of one block
// into the manifest then makes it what readers see, all tables and months at
// once. A crash at any instant leaves only partitions that no manifest names,
// which the next run drops.
//
// A load that was published stays a version: it can be published again
// (Rollback) as long as its rows are kept, and what each load said otherwise of
// final days is written down for good (restatements). Closed months belong to a
// load as well: the next one takes over what its base says of their days,
// whatever it derives, and the difference is a movement of the first open day.
//
// One run writes at a time, by a lease that is a row of the store, and the manifest
// is written only while that lease stands: see lease.
//
// The way of a run: StartRun; Land and SaveCursor page by page, Completeness
// and Seal per source; NewLoad, Add per account, Build, Verify, Publish;
// FinishRun.
package warehouse
