{% test one_row_per(model, columns) %}
-- No two rows have the same values in these columns: the grain that the view promises.
SELECT {{ columns | join(', ') }}, count() AS rows_of_one_key
FROM {{ model }}
GROUP BY {{ columns | join(', ') }}
HAVING rows_of_one_key > 1
{% endtest %}
