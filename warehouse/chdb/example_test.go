package chdb_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/shopspring/decimal"

	"mrrsync/warehouse/chdb"
)

func ExampleOptions() {
	ctx := context.Background()
	db, err := chdb.Open(ctx, chdb.Config{}) // Path: "./warehouse" for one that stays
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close(ctx)
	if err := db.Query(ctx, "CREATE DATABASE mrr", "", nil, nil); err != nil {
		log.Fatal(err)
	}

	conn, err := clickhouse.Open(chdb.Options(db, "mrr"))
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Exec(ctx, "CREATE TABLE periods (item String, mrr Decimal(18, 4)) ENGINE = MergeTree ORDER BY item"); err != nil {
		log.Fatal(err)
	}
	batch, err := conn.PrepareBatch(ctx, "INSERT INTO periods")
	if err != nil {
		log.Fatal(err)
	}
	for i, item := range []string{"si_1", "si_2"} {
		if err := batch.Append(item, decimal.New(int64(i+1)*1999, -2)); err != nil {
			log.Fatal(err)
		}
	}
	if err := batch.Send(); err != nil {
		log.Fatal(err)
	}

	var total decimal.Decimal
	if err := conn.QueryRow(ctx, "SELECT sum(mrr) FROM periods WHERE startsWith(item, {prefix:String})", clickhouse.Named("prefix", "si_")).Scan(&total); err != nil {
		log.Fatal(err)
	}
	fmt.Println(total)

	var ex *clickhouse.Exception
	if err := conn.Exec(ctx, "SELECT * FROM missing"); errors.As(err, &ex) {
		fmt.Println(ex.Code, ex.CodeName)
	}
	// Output:
	// 59.97
	// 60 UNKNOWN_TABLE
}

func ExampleDB_Query() {
	ctx := context.Background()
	db, err := chdb.Open(ctx, chdb.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close(ctx)
	err = db.Query(ctx, "SELECT number AS n, {name:String} AS name FROM numbers(2)", "CSVWithNames", map[string]string{"name": chdb.EscapeParam("O'Neil")}, os.Stdout)
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// "n","name"
	// 0,"O'Neil"
	// 1,"O'Neil"
}
