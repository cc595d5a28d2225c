import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Reads in a loop with the official JDBC driver until it is interrupted: java -cp 'jars/*' Readers.java URL DATABASE SQL. */
public class Readers {
    static volatile boolean going = true;

    static void expect(String what, boolean ok, Object got) {
        if (!ok) throw new AssertionError(what + ": " + got);
    }

    static void refused(Connection c, String sql, int code) throws SQLException {
        try (Statement s = c.createStatement()) {
            s.execute(sql);
        } catch (SQLException e) {
            expect(sql, e.getErrorCode() == code || String.valueOf(e.getMessage()).contains("Code: " + code), e.getErrorCode() + " " + e.getMessage());
            return;
        }
        throw new AssertionError(sql + " was allowed");
    }

    /** What Metabase and DBeaver do when they connect and draw their trees. */
    static void connect(Connection c, String database) throws SQLException {
        expect("valid", c.isValid(5), "no");
        DatabaseMetaData meta = c.getMetaData();
        expect("product", meta.getDatabaseProductName().equals("ClickHouse"), meta.getDatabaseProductName());
        expect("version", meta.getDatabaseMajorVersion() > 20, meta.getDatabaseProductVersion());
        boolean found = false;
        try (ResultSet r = meta.getSchemas()) {
            while (r.next()) found |= r.getString("TABLE_SCHEM").equals(database);
        }
        expect("schemas", found, "no " + database);
        int views = 0;
        try (ResultSet r = meta.getTables(null, database, "%", null)) {
            while (r.next()) views++;
        }
        expect("tables", views > 20, views);
        List<String> columns = new ArrayList<>();
        try (ResultSet r = meta.getColumns(null, database, "mrr_waterfall_monthly", "%")) {
            while (r.next()) columns.add(r.getString("COLUMN_NAME") + " " + r.getString("TYPE_NAME") + " " + r.getInt("DATA_TYPE"));
        }
        expect("columns", columns.size() > 8 && columns.get(0).startsWith("month Date "), columns);
        try (ResultSet r = meta.getPrimaryKeys(null, database, "mrr_daily")) {
            while (r.next()) { }
        }
        try (ResultSet r = meta.getIndexInfo(null, database, "mrr_daily", false, true)) {
            while (r.next()) { }
        }
        try (ResultSet r = meta.getTypeInfo()) {
            expect("types", r.next(), "none");
        }
        try (ResultSet r = meta.getFunctions(null, null, "%")) {
            while (r.next()) { }
        }
        try (PreparedStatement s = c.prepareStatement("SELECT month, currency, ending_mrr FROM mrr_waterfall_monthly WHERE currency = ? AND month >= ? ORDER BY month LIMIT 3")) {
            s.setMaxRows(2);
            s.setQueryTimeout(20);
            s.setString(1, "USD");
            s.setDate(2, java.sql.Date.valueOf("2025-01-01"));
            int rows = 0;
            try (ResultSet r = s.executeQuery()) {
                expect("result columns", r.getMetaData().getColumnCount() == 3 && r.getMetaData().getColumnName(3).equals("ending_mrr"), r.getMetaData());
                while (r.next()) {
                    rows++;
                    expect("a row", r.getDate(1) != null && r.getString(2).equals("USD") && r.getBigDecimal(3).signum() >= 0, r.getString(3));
                }
            }
            expect("rows", rows > 0, rows);
        }
        try (Statement s = c.createStatement(); ResultSet r = s.executeQuery("SELECT number FROM numbers(200000)")) {
            long n = 0;
            while (r.next()) n++;
            expect("many rows", n == 200000, n);
        }
        refused(c, "SELECT file('/etc/passwd')", 497);
        refused(c, "DROP VIEW mrr_daily", 164);
    }

    static void read(String url, String database, String sql) throws Exception {
        List<Double> took = new ArrayList<>();
        try (Connection c = DriverManager.getConnection("jdbc:clickhouse" + url.replaceFirst("^http", "").replaceFirst("^s?:", ":") + "/" + database)) {
            connect(c, database);
            while (going) {
                long begun = System.nanoTime();
                int rows = 0;
                try (Statement s = c.createStatement(); ResultSet r = s.executeQuery(sql)) {
                    while (r.next()) rows++;
                }
                took.add((System.nanoTime() - begun) / 1e6);
                expect("an answer of more than one load", rows == 1, rows);
            }
            connect(c, database);
        }
        Collections.sort(took);
        int n = took.size() - 1;
        System.out.printf("ok: %d answers, p50 %.0fms, p99 %.0fms, max %.0fms%n", n + 1, took.get(n / 2), took.get((int) (n * 0.99)), took.get(n));
    }

    public static void main(String[] args) throws Exception {
        Thread main = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            going = false;
            try {
                main.join(60000);
            } catch (InterruptedException e) {
                return;
            }
        }));
        try {
            read(args[0], args[1], args[2]);
        } catch (Throwable e) {
            System.out.println("failed: " + e);
            e.printStackTrace(System.out);
        }
        System.out.flush();
    }
}
