// Package bi makes what BI tools import: a Grafana dashboard, Metabase questions
// and their dashboard, a Rill project, a dbt project, and the reference of the
// views in docs/views.md.
//
// All of it follows from two things. The views' own SQL files say, in their
// COMMENTs, what every view and column means (Definition reads them back); the
// files in questions/ ask the views something and say how to draw the answer.
// Nothing that a COMMENT says is written down a second time, so a view that
// changes changes every tool's text with it.
//
// The results are committed, since people import files and don't run Go. Assets
// makes them; the tests compare them with what is committed (-update writes
// them) and run every statement in every one of them on the embedded engine,
// with the variables and macros of each tool replaced as that tool replaces
// them.
package bi
