CREATE TABLE IF NOT EXISTS {{.Store}}.completeness_slices{{.OnCluster}}
(
    run UInt64 COMMENT 'The run' CODEC(Delta(8), ZSTD(1)),
    source LowCardinality(String) COMMENT 'The source, as named in the configuration',
    stream LowCardinality(String) COMMENT 'The stream',
    slice LowCardinality(String) COMMENT 'The part of the stream',
    seq UInt64 COMMENT 'Order in which rows were written; the newest row of a run, source, stream and slice counts' CODEC(Delta(8), ZSTD(1)),
    listed UInt64 COMMENT 'Distinct objects that the provider listed' CODEC(ZSTD(1)),
    landed UInt64 COMMENT 'Those of them that the warehouse holds' CODEC(ZSTD(1)),
    missing UInt64 COMMENT 'Those of them that the warehouse does not hold' CODEC(ZSTD(1))
)
ENGINE = {{.Replacing "seq"}}
ORDER BY (source, run, stream, slice)
{{.Settings}}
COMMENT 'One row per run, source, stream and slice of it: what was listed against what is held'
