import { type AST, getStaticTOMLValue, ParseError, parseTOML, traverseNodes } from 'toml-eslint-parser';
import { CodedError, messageOf } from '../base/errors.ts';
import { TOML_LINES_DEPTH_MAX } from '../base/limits.ts';

/** A parsed TOML file that can say where each key stands. */
export interface TomlText {
  /** Of plain objects, and nobody else's. */
  readonly value: object;
  /** Line (from 1) of the key at `path`, or of the nearest table above it. */
  lineOf(path: readonly string[]): number;
  /** Where in the source the value of the key at `path` is written, in bytes; null where no such key is. */
  bytesOf(path: readonly string[]): TextRange | null;
}

/** Bytes of a text, the one at `end` not among them. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** @throws config_syntax, config_unknown_key, each with the line. CRLF and a byte order mark are fine. */
export function parseToml(source: string, path: string): TomlText {
  let tree: AST.TOMLProgram;
  let value: object;
  try {
    tree = parseTOML(source.replace(/^\uFEFF/, ''));
    refusePrototypes(tree, path);
    // Cloned here, where nesting that is too deep for the stack is still the file's fault.
    value = structuredClone(getStaticTOMLValue(tree));
  } catch (cause) {
    if (cause instanceof CodedError) throw cause;
    const line = cause instanceof ParseError ? cause.lineNumber : 1;
    throw new CodedError('config_syntax', `${path} line ${line}: ${messageOf(cause)}`, {
      cause,
      fields: { path, line },
      advice: 'Compare that line with the commented example.',
    });
  }
  const places: Places = { lines: new Map(), values: new Map() };
  for (const node of tree.body[0].body) collect(node, [], places);
  const { lines, values } = places;
  return {
    value,
    lineOf: (wanted) => nearest(lines, wanted),
    bytesOf(wanted) {
      const range = values.get(wanted.join('\0'));
      if (range === undefined) return null;
      const mark = source.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0;
      const [start, end] = range.map((at) => Buffer.byteLength(source.slice(0, at + mark))) as [number, number];
      return { start, end };
    },
  };
}

const BYTE_ORDER_MARK = '\uFEFF';

interface Places {
  /** Of each key and of each table above it. */
  readonly lines: Map<string, number>;
  /** Of each key that has a value, in UTF-16 units behind a byte order mark. */
  readonly values: Map<string, readonly [number, number]>;
}

/** The library would set the prototype of every object to what such a table holds. */
function refusePrototypes(tree: AST.TOMLProgram, path: string): void {
  traverseNodes(tree, {
    enterNode(node) {
      const name = node.type === 'TOMLBare' ? node.name : node.type === 'TOMLQuoted' ? node.value : '';
      if (name !== '__proto__') return;
      const { line } = node.loc.start;
      throw new CodedError('config_unknown_key', `${path} line ${line}: ${name} is not a known key`, {
        fields: { path, key: name, line },
      });
    },
    leaveNode() {},
  });
}

function collect(node: AST.TOMLTable | AST.TOMLKeyValue, above: readonly string[], places: Places): void {
  const { lines, values } = places;
  const names = node.key.keys.map((key) => (key.type === 'TOMLBare' ? key.name : key.value));
  // What is deeper is told by the line above it: no table of ours is, and each level costs the text of all above it.
  const path = [...above, ...names].slice(0, TOML_LINES_DEPTH_MAX);
  for (let depth = above.length + 1; depth <= path.length; depth += 1) {
    const name = path.slice(0, depth).join('\0');
    if (!lines.has(name)) lines.set(name, node.key.loc.start.line);
  }
  if (node.type === 'TOMLKeyValue' && !values.has(path.join('\0'))) values.set(path.join('\0'), node.value.range);
  const inner = node.type === 'TOMLTable' ? node.body : node.value.type === 'TOMLInlineTable' ? node.value.body : [];
  for (const child of inner) collect(child, path, places);
}

function nearest(lines: ReadonlyMap<string, number>, wanted: readonly string[]): number {
  for (let depth = wanted.length; depth > 0; depth -= 1) {
    const line = lines.get(wanted.slice(0, depth).join('\0'));
    if (line !== undefined) return line;
  }
  return 1;
}
