package serve

import (
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"mrrsync/warehouse/chdb"
)

// Limits bound one query of one user; 0: unbounded.
type Limits struct {
	Seconds int64
	Memory  uint64 // bytes
	Rows    int64  // of a result
	Queries int    // at once, of all users together; 0 is 8. The others wait for their turn
}

// passed are settings that change what an answer looks like, or bound its cost:
// a reader may have them. They are named one by one because others look as
// harmless and open files or connections (format_schema, output_format_schema,
// format_avro_schema_registry_url).
var passed = setOf(`date_time_output_format date_time_overflow_behavior session_timezone extremes join_use_nulls group_by_use_nulls
	join_default_strictness max_threads max_block_size prefer_column_name_to_alias use_variant_as_common_type
	max_rows_to_read max_bytes_to_read max_rows_to_group_by max_bytes_before_external_sort max_result_bytes result_overflow_mode
	timeout_overflow_mode read_overflow_mode group_by_overflow_mode allow_experimental_analyzer enable_analyzer
	cast_keep_nullable transform_null_in union_default_mode intersect_default_mode except_default_mode
	any_join_distinct_right_table_keys optimize_move_to_prewhere optimize_read_in_order log_comment
	formatdatetime_parsedatetime_m_is_month_name formatdatetime_f_prints_single_zero
	format_csv_delimiter format_csv_null_representation format_tsv_null_representation format_custom_escaping_rule format_custom_field_delimiter
	format_custom_row_before_delimiter format_custom_row_after_delimiter format_custom_row_between_delimiter
	format_custom_result_before_delimiter format_custom_result_after_delimiter format_json_object_each_row_column_for_object_name
	output_format_json_quote_64bit_integers output_format_json_quote_denormals output_format_json_quote_decimals
	output_format_json_quote_64bit_floats output_format_json_escape_forward_slashes output_format_json_named_tuples_as_objects
	output_format_json_skip_null_value_in_named_tuples output_format_json_array_of_rows output_format_json_validate_utf8
	output_format_json_pretty_print output_format_json_map_as_array_of_tuples output_format_write_statistics
	output_format_pretty_max_rows output_format_pretty_max_column_pad_width output_format_pretty_max_value_width output_format_pretty_color
	output_format_pretty_grid_charset output_format_pretty_row_numbers output_format_pretty_display_footer_column_names
	output_format_pretty_highlight_digit_groups output_format_pretty_single_large_number_tip_threshold
	output_format_parquet_string_as_string output_format_parquet_compression_method output_format_parquet_row_group_size
	output_format_parquet_fixed_string_as_fixed_byte_array output_format_parquet_version output_format_parquet_date_as_uint16
	output_format_arrow_string_as_string output_format_arrow_low_cardinality_as_dictionary output_format_arrow_compression_method
	output_format_arrow_fixed_string_as_fixed_byte_array output_format_arrow_date_as_uint16 output_format_orc_string_as_string
	output_format_orc_compression_method output_format_avro_codec output_format_csv_crlf_end_of_line output_format_tsv_crlf_end_of_line
	output_format_decimal_trailing_zeros output_format_float_precision output_format_binary_write_json_as_string
	output_format_native_write_json_as_string output_format_native_encode_types_in_binary_format output_format_binary_encode_types_in_binary_format
	output_format_sql_insert_table_name output_format_sql_insert_max_batch_size output_format_sql_insert_include_column_names
	output_format_sql_insert_quote_names output_format_sql_insert_use_replace output_format_values_escape_quote_with_quote
	output_format_msgpack_uuid_representation output_format_bson_string_as_string output_format_markdown_escape_special_characters`)

// written are settings that a writer may have beside those.
var written = setOf(`async_insert wait_for_async_insert insert_deduplicate insert_deduplication_token max_partitions_per_insert_block
	throw_on_max_partitions_per_insert_block max_insert_block_size max_insert_threads query_plan_remove_redundant_sorting max_bytes_before_external_group_by min_insert_block_size_rows min_insert_block_size_bytes mutations_sync
	alter_sync insert_null_as_default date_time_input_format input_format_null_as_default input_format_skip_unknown_fields
	input_format_json_read_numbers_as_strings input_format_import_nested_json insert_allow_materialized_columns max_execution_time_leaf
	input_format_binary_read_json_as_string input_format_native_allow_types_conversion allow_experimental_json_type`)

// stored are settings of tables that a writer may set.
var stored = setOf(`index_granularity fsync_after_insert fsync_part_directory non_replicated_deduplication_window min_bytes_for_wide_part
	min_rows_for_wide_part merge_with_ttl_timeout deduplicate_merge_projection_mode ttl_only_drop_parts replicated_deduplication_window
	allow_nullable_key`)

// dropped are settings that clients send to everybody and that say nothing here:
// they are about the protocol, or what they ask for is so anyway.
var dropped = setOf(`readonly send_progress_in_http_headers http_headers_progress_interval_ms cancel_http_readonly_queries_on_client_close
	enable_http_compression http_zlib_compression_level http_write_exception_in_output_format add_http_cors_header http_response_headers
	http_receive_timeout http_send_timeout http_connection_timeout http_max_field_value_size connect_timeout receive_timeout send_timeout
	max_query_size log_queries log_query_threads use_client_time_zone send_logs_level allow_experimental_object_type
	lightweight_deletes_sync insert_distributed_sync insert_quorum select_sequential_consistency allow_nondeterministic_mutations
	database_replicated_enforce_synchronous_settings
	allow_experimental_variant_type allow_experimental_dynamic_type enable_json_type enable_variant_type enable_dynamic_type`)

// limited are settings that a user may lower and not raise above the limits.
var limited = []string{"max_execution_time", "max_memory_usage", "max_result_rows"}

// settingsTable finds where a client asks which settings there are.
var settingsTable = regexp.MustCompile("(?i)^(\\s*SELECT[^'\"`()]*\\sFROM\\s+)system\\.settings\\b")

// changeable has a statement about system.settings tell which ones a reader may
// change: the session is readonly, and for the engine that is none.
// clickhouse-connect asks when it connects, and then refuses to send the others.
func changeable(sql string) string {
	names := slices.Concat(slices.Collect(maps.Keys(passed)), slices.Collect(maps.Keys(dropped)), slices.Collect(maps.Keys(written)), limited)
	slices.Sort(names)
	return settingsTable.ReplaceAllString(sql, "${1}(SELECT * REPLACE (if(name IN ('"+strings.Join(names, "', '")+"'), 0, readonly) AS readonly) FROM system.settings)")
}

// settings are what a statement runs under: the user's own where they may have
// them, and the limits.
func (s *Server) settings(who user, asked map[string]string) (map[string]string, error) {
	all := map[string]string{}
	ceilings := map[string]float64{
		"max_execution_time": float64(s.cfg.Limits.Seconds), "max_memory_usage": float64(s.cfg.Limits.Memory), "max_result_rows": float64(s.cfg.Limits.Rows),
	}
	if who.role == Writer { // what is loaded takes its time; memory is shared by all
		delete(ceilings, "max_execution_time")
		delete(ceilings, "max_result_rows")
	}
	for _, name := range limited {
		if c := ceilings[name]; c > 0 {
			all[name] = strconv.FormatFloat(c, 'f', -1, 64)
		}
	}
	for name, value := range asked {
		low := strings.ToLower(name)
		ceiling, bounded := ceilings[low], slices.Contains(limited, low)
		switch {
		case bounded:
			n, err := strconv.ParseFloat(value, 64)
			if err != nil || n < 0 || math.IsNaN(n) {
				return nil, chdb.NewError(36, "BAD_ARGUMENTS", "The value of the setting %s is not a number: %q", low, value)
			}
			if ceiling > 0 && (n == 0 || n > ceiling) {
				continue // what clients send by default must not fail: the ceiling holds
			}
			all[low] = value
		case dropped[low], who.role == Reader && written[low]: // how to write, to one who does not: dbt sends it at once
		case passed[low], who.role == Writer && written[low]:
			all[low] = value
		default:
			return nil, chdb.NewError(164, "READONLY", "Cannot modify '%s' setting in readonly mode", name)
		}
	}
	if who.role == Reader {
		all["readonly"], all["additional_table_filters"] = "1", s.guard.filters()
	} else {
		// Rows of an INSERT are values, never expressions: those could read files.
		all["input_format_values_interpret_expressions"] = "0"
		all["input_format_values_deduce_templates_of_expressions"] = "0"
	}
	return all, nil
}
