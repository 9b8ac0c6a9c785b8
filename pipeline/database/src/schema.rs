//! What tables, columns, indexes and triggers a database has, in words that are the same for both.

use std::collections::BTreeSet;

use crate::statement::Statement;
use crate::{Database, Error};

const SQLITE: &str = "SELECT 'column ' || m.name || '.' || p.name || ' ' || \
    CASE p.type WHEN 'INTEGER' THEN 'integer' ELSE 'text' END || \
    CASE WHEN p.\"notnull\" = 1 THEN ' not null' ELSE '' END || \
    CASE WHEN p.pk > 0 THEN ' key ' || p.pk ELSE '' END \
    FROM sqlite_schema m JOIN pragma_table_info(m.name) p WHERE m.type = 'table' \
    UNION ALL SELECT type || ' ' || tbl_name || '.' || name FROM sqlite_schema \
    WHERE type IN ('index', 'trigger') AND name NOT LIKE 'sqlite_autoindex%' \
    UNION ALL SELECT 'indexed ' || m.name || ' ' || i.seqno || ' ' || i.name FROM sqlite_schema m \
    JOIN pragma_index_info(m.name) i WHERE m.type = 'index' AND m.name NOT LIKE 'sqlite_autoindex%'";

const POSTGRESQL: &str = "SELECT 'column ' || c.relname || '.' || a.attname || ' ' || \
    CASE format_type(a.atttypid, NULL) WHEN 'bigint' THEN 'integer' ELSE format_type(a.atttypid, NULL) END || \
    CASE WHEN a.attnotnull THEN ' not null' ELSE '' END || \
    COALESCE(' key ' || array_position(i.indkey::int2[], a.attnum) + 1, '') AS line \
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
    LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary \
    WHERE n.nspname = current_schema() AND c.relkind = 'r' \
    UNION ALL SELECT 'index ' || t.relname || '.' || c.relname FROM pg_index i \
    JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid \
    JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = current_schema() AND NOT i.indisprimary \
    UNION ALL SELECT 'indexed ' || c.relname || ' ' || (k.nth - 1) || ' ' || a.attname FROM pg_index i \
    JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
    CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, nth) \
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum \
    WHERE n.nspname = current_schema() AND NOT i.indisprimary \
    UNION ALL SELECT 'trigger ' || c.relname || '.' || t.tgname FROM pg_trigger t \
    JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
    WHERE n.nspname = current_schema() AND NOT t.tgisinternal";

impl Database {
    /// What the database is made of, a line for each part; that of the migrations themselves is left out.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn schema(&self) -> Result<BTreeSet<String>, Error> {
        let ask = Statement::new(if self.backend.is_sqlite() { SQLITE } else { POSTGRESQL });
        let rows = self.backend.rows(&ask).await?;
        let lines = rows.iter().map(|row| row.text(0)).collect::<Result<Vec<_>, _>>()?;
        Ok(lines.into_iter().filter(|line| !line.contains("_sqlx_migrations")).collect())
    }
}
