/** What a change of this dapp's own state means to the agent; no keys: anything may have changed. */
export interface OwnChange {
  /** A denial was made or lifted. */
  readonly isDenial: boolean;
  /** What keep-open hours depend on may be another. */
  readonly isSetting: boolean;
  /** A door may be another, or have other wires. */
  readonly isDoor: boolean;
}

const SETTINGS: readonly string[] = ['door', 'schedule', 'holiday', 'space'];

export function ownChange(keys: readonly string[]): OwnChange {
  const kinds = new Set(keys.map((key) => key.split('/')[0] ?? ''));
  const isAnything = keys.length === 0;
  return {
    isDenial: isAnything || kinds.has('denial'),
    isDoor: isAnything || kinds.has('door'),
    isSetting: isAnything || SETTINGS.some((kind) => kinds.has(kind)),
  };
}

/** Whether membership has denied somebody something: suspended a member, marked a card lost, taken one away. */
export function isMemberDenial(keys: readonly string[]): boolean {
  return keys.length === 0 || keys.some((key) => key.startsWith('denial/') || key.startsWith('held/'));
}
