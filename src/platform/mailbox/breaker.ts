/** Where the breaker stood when the object last lived; 0 for closed. */
export function openUntilMs(sql: SqlStorage): number {
  return sql.exec<{ open_until: number }>('SELECT open_until FROM breaker').toArray()[0]?.open_until ?? 0
}

export function rememberBreaker(sql: SqlStorage, untilMs: number): void {
  sql.exec('INSERT OR REPLACE INTO breaker VALUES (1, ?)', untilMs)
}
