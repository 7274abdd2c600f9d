import type { Proofs } from './proof.ts';

const ONE_LINE = 'one();\n';
const RATCHET = 'test/tidy/ratchet.json';

function ratchet(filesOverAim: number, functionsOverAim: number): string {
  const none = { filesOverAim: 0, functionsOverAim: 0 };
  return JSON.stringify({ src: { filesOverAim, functionsOverAim }, dapps: none, image: none });
}

function functionOf(name: string, lines: number): string {
  return `function ${name}() {\n${ONE_LINE.repeat(lines - 2)}}\n`;
}

const effect = (line: number, what: string): string =>
  `src/node/a.ts:${line} import-effect: '${what}' runs when the file is imported: put it into a function that the entry calls`;

/** Rules about what a file does, and how long it is. */
export const CODE_PROOFS: Proofs<'import-effect' | 'size' | 'ratchet'> = {
  'import-effect': [
    {
      shows: 'calls, statements and looks at the environment',
      files: {
        'src/node/a.ts': [
          "import './b.ts';",
          'const a = open();',
          'start();',
          'if (a) { start(); }',
          'export const b = new Database();',
          'let c = 0; c += 1;',
          'class D { static e = open(); static { start(); } [name()]() {} }',
          'const f = process.env.HOME;',
          'const g = [1].map((n) => open(n));',
          'const h = [1].map(build);',
          'await start();',
          'const i = build(); function build() { count += 1; return open; }',
          'const seen: number[] = []; const j = note(1); function note(n: number) { seen.push(n); }',
          'throw new Error();',
          'for (const k of []) k;',
          "export const l = Object.freeze({ deep: [tag`x`, () => import('./x.ts')] });",
          "'a bare string'.length;",
          'const m = Math.random();',
          'let n = 0; n++; const o = delete x.y; const p = x?.open();',
          "const q = () => 1; const r = [import('./x.ts')]; const s = { [open()]: 1, [name()]() {} };",
          'export default open();',
          '{ open(); }',
          'for (const u in {}) u;',
          'for (;;) break;',
          'switch (1) { default: open(); }',
          'try { open(); } catch {}',
          'while (false) open();',
          'const v = new Map([1].map(function () { return open(); }));',
          'class X { static #y = open(); }',
          'const z = loop(); function loop() { return [1].map(loop, open()); }',
        ].join('\n'),
      },
      says: [
        effect(1, "import './b.ts'"),
        effect(2, 'open()'),
        effect(3, 'start()'),
        effect(4, 'if'),
        effect(5, 'new Database()'),
        effect(6, 'c ='),
        effect(7, 'open()'),
        effect(7, 'start()'),
        effect(7, 'name()'),
        effect(8, 'process.env'),
        effect(9, 'open()'),
        effect(10, 'build()'),
        effect(11, 'await'),
        effect(12, 'build()'),
        effect(13, 'note()'),
        effect(14, 'throw'),
        effect(15, 'for'),
        effect(16, 'tag``'),
        effect(17, 'a bare expression'),
        effect(18, 'Math.random()'),
        effect(19, 'n ='),
        effect(19, 'delete'),
        effect(19, 'x.open()'),
        effect(20, 'import()'),
        effect(20, 'open()'),
        effect(20, 'name()'),
        effect(21, 'open()'),
        effect(22, '{ … }'),
        effect(23, 'for'),
        effect(24, 'for'),
        effect(25, 'switch'),
        effect(26, 'try'),
        effect(27, 'while'),
        effect(28, 'open()'),
        effect(29, 'open()'),
        effect(30, 'loop()'),
      ],
    },
    {
      shows: 'definitions, computed values, entries and an allowance',
      files: {
        'src/node/a.ts': [
          "import type { X } from './x.ts'; import { assert, utf8, fromHex } from '../base/b.ts';",
          "assert(1 < 2, 'x'); export { b }; export interface I {} export type T = 1; export enum Never {}",
          "const b = new Map([['a', new Set([1])]]); const c = Object.freeze({ d: utf8('x'), e: fromHex('00') });",
          "const f = /x/u; const g = Symbol('g'); const h = BigInt(1); const i = 1 + 2; const j = 'a b'.split(' ');",
          'export class K { static l = 1; #m = open(); n = open(); o() { start(); } static p() { start(); } static #q() {} }',
          'export const r = () => start(); export async function s() { await start(); } const t = { u() { start(); }, v: () => 1 };',
          'const table = build(8); function build(n: number) { const w: number[] = []; for (let x = 0; x < n; x += 1) w.push(x ^ 1); return w; }',
          'const object = (properties: object) => ({ properties }); const schema = object({ a: object({}) });',
          'const y = [1, 2].map((n) => n * 2).toSorted((p, q) => p - q); const z = Math.max(1, 2); declare const aa: number;',
          'const bb = register();',
          "export * from './b.ts'; ; const cc = depth(3); function depth(n: number): number { return n < 1 ? 0 : depth(n - 1); } const dd = [1]?.map((n) => n);",
        ].join('\n'),
        'src/node/worker-main.ts': 'start();',
        'package.json': JSON.stringify({ bin: { blockmesh: 'src/cli/main.ts' } }),
        'src/cli/main.ts': 'await start();',
        'dapps/door/dapp.json': JSON.stringify({ agent: ['agent.ts'] }),
        'dapps/door/agent.ts': 'start();',
        'test/a.test.ts': 'start();',
      },
      allowances: [
        { rule: 'import-effect', path: 'src/node/a.ts', subject: 'register()', reason: 'a codec table, computed once' },
      ],
      says: [],
    },
  ],
  size: [
    {
      shows: 'a file and a function over the cap, in src and dapps',
      files: {
        'src/node/a.ts': '\n'.repeat(301),
        'src/node/b.ts': `\n${functionOf('long', 71)}`,
        'dapps/door/a.ts': `class A {\n  go() {\n${ONE_LINE.repeat(69)}  }\n}\nconst arrow = () => {\n${ONE_LINE.repeat(69)}};\n`,
      },
      says: [
        'dapps/door/a.ts:2 size: go has 71 lines, at most 70: keep the branches, move the leaves out',
        'dapps/door/a.ts:74 size: arrow has 71 lines, at most 70: keep the branches, move the leaves out',
        'src/node/a.ts:1 size: 301 lines, at most 300: one concept a file; split it',
        'src/node/b.ts:2 size: long has 71 lines, at most 70: keep the branches, move the leaves out',
      ],
    },
    {
      shows: 'at the cap, and a long test',
      files: {
        'src/node/a.ts': '\n'.repeat(300),
        'src/node/b.ts': functionOf('long', 70),
        'test/a.test.ts': functionOf('long', 400),
      },
      says: [],
    },
  ],
  ratchet: [
    {
      shows: 'one more above the aims, with where they are',
      files: {
        [RATCHET]: ratchet(0, 0),
        'src/node/a.ts': '\n'.repeat(151),
        'src/node/b.ts': functionOf('f', 51),
      },
      says: [
        `${RATCHET}:1 ratchet: src has filesOverAim 1, at most 0: bring one below 150 lines (src/node/a.ts (151))`,
        `${RATCHET}:1 ratchet: src has functionsOverAim 1, at most 0: bring one below 50 lines (src/node/b.ts:1 (51))`,
      ],
    },
    {
      shows: 'one fewer',
      files: { [RATCHET]: ratchet(1, 2), 'src/node/b.ts': functionOf('f', 51) },
      says: [
        `${RATCHET}:1 ratchet: src has filesOverAim 0, the ratchet says 1: run node test/tidy/update-main.ts`,
        `${RATCHET}:1 ratchet: src has functionsOverAim 1, the ratchet says 2: run node test/tidy/update-main.ts`,
      ],
    },
    ...[
      'null',
      '7',
      '{',
      '{"src": {"filesOverAim": 0, "functionsOverAim": 0}}',
      '{"dapps": {"filesOverAim": 0, "functionsOverAim": 0}}',
      '{"src": {"filesOverAim": 0, "functionsOverAim": 0}, "dapps": {"filesOverAim": 0, "functionsOverAim": 0}}',
      '{"src": null, "dapps": {"filesOverAim": 0, "functionsOverAim": 0}, "image": {"filesOverAim": 0, "functionsOverAim": 0}}',
      '{"src": 7, "dapps": {"filesOverAim": 0, "functionsOverAim": 0}, "image": {"filesOverAim": 0, "functionsOverAim": 0}}',
      '{"src": {"functionsOverAim": 0}, "dapps": {"filesOverAim": 0, "functionsOverAim": 0}, "image": {"filesOverAim": 0, "functionsOverAim": 0}}',
      '{"src": {"filesOverAim": 0}, "dapps": {"filesOverAim": 0, "functionsOverAim": 0}, "image": {"filesOverAim": 0, "functionsOverAim": 0}}',
      '{"src": {"filesOverAim": "0", "functionsOverAim": 0}, "dapps": {"filesOverAim": 0, "functionsOverAim": 0}, "image": {"filesOverAim": 0, "functionsOverAim": 0}}',
      '{"src": {"filesOverAim": 0, "functionsOverAim": "0"}, "dapps": {"filesOverAim": 0, "functionsOverAim": 0}, "image": {"filesOverAim": 0, "functionsOverAim": 0}}',
    ].map((text) => ({
      shows: `a ratchet that holds nothing: ${text}`,
      files: { [RATCHET]: text },
      says: [
        `${RATCHET}:1 ratchet: is missing or not as node test/tidy/update-main.ts writes it: delete it and run that command`,
      ],
    })),
    {
      shows: 'as many as before, each just within its aim or above it',
      files: {
        [RATCHET]: ratchet(1, 0),
        'src/node/a.ts': '\n'.repeat(151),
        'src/node/b.ts': '\n'.repeat(150),
        'src/node/c.ts': functionOf('f', 50),
      },
      says: [],
    },
  ],
};
