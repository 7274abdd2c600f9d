import type { Proofs } from './proof.ts';

const JOIN = 'rooms of one floor do not import each other; let a higher floor join them';
const DOWN = 'move what it needs down, or take it as an argument';
const UNREACHED =
  'dead-file: no entry (bin, dapp.json, *-main.ts) reaches this file: import it where it is used, or delete it';
const UNUSED = 'is imported by no other file of src or dapps: drop its export, or delete it';
const BIN = JSON.stringify({ bin: { blockmesh: 'src/cli/main.ts' } });

/** Rules about who imports whom. */
export const IMPORT_PROOFS: Proofs<'floor' | 'cycle' | 'dead-file' | 'dead-export' | 'dead-cap'> = {
  floor: [
    {
      shows: 'every form of import counts, types too',
      files: {
        'src/format/a.ts': [
          "import { b } from '../ledger/b.ts';",
          "import type { B } from '../ledger/b.ts';",
          "import { type C } from '../ledger/b.ts';",
          "export { d } from '../ledger/b.ts';",
          "export type { E } from '../ledger/b.ts';",
          "export * from '../ledger/b.ts';",
          "const later = () => import('../ledger/b.ts');",
          "let f: import('../ledger/b.ts').F;",
          "type G = typeof import('../ledger/b.ts');",
          "import '../ledger/b.ts';",
          "import * as all from '../ledger/b.ts';",
        ].join('\n'),
      },
      says: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map(
        (line) => `src/format/a.ts:${line} floor: src/format (floor 1) imports src/ledger/b.ts (floor 2): ${DOWN}`,
      ),
    },
    {
      shows: 'the own room and the floors below are open',
      files: {
        'src/node/a.ts': "import '../store/b.ts'; import './deep/c.ts'; import '../base/d.ts'; import 'pino';",
        'src/node/deep/c.ts': "import '../a.ts'; import '../../store/b.ts';",
        'src/devices/rdm6300/a.ts': "import '../reader.ts'; import './frame.ts'; import '../../format/b.ts';",
        'src/devices/reader.ts': "import './rdm6300/a.ts';",
        'dapps/door/a.ts': "import './b.ts'; import '../sdk/c.ts'; import './deep/d.ts'; import 'node:fs';",
        'dapps/sdk/c.ts': "import './d.ts'; import '@noble/hashes/sha2.js';",
        'test/anything.test.ts': "import '../src/cli/a.ts'; import '../dapps/door/a.ts'; import './b.ts';",
      },
      says: [],
    },
    {
      shows: 'rooms of one floor are strangers, and the store is known by interfaces',
      files: {
        'src/mesh/a.ts': "import '../broker/b.ts';\nimport type { S } from '../store/s.ts';",
        'src/store/a.ts': "import '../sandbox/b.ts';",
        'src/ledger/a.ts': "import '../chunks/b.ts';",
        'src/console/a.ts': "import '../cli/main.ts';",
      },
      says: [
        `src/console/a.ts:1 floor: src/console (floor 5) imports src/cli/main.ts (floor 5): ${JOIN}`,
        `src/ledger/a.ts:1 floor: src/ledger (floor 2) imports src/chunks/b.ts (floor 2): ${JOIN}`,
        `src/mesh/a.ts:1 floor: src/mesh (floor 3) imports src/broker/b.ts (floor 3): ${JOIN}`,
        'src/mesh/a.ts:2 floor: src/mesh (floor 3) imports src/store/s.ts (floor 3): take the interface that src/ledger or src/chunks declares, and let src/node hand the store in',
        `src/store/a.ts:1 floor: src/store (floor 3) imports src/sandbox/b.ts (floor 3): ${JOIN}`,
      ],
    },
    {
      shows: 'device families are strangers to each other',
      files: {
        'src/devices/pn532/a.ts': "import '../rdm6300/frame.ts';",
      },
      says: [
        "src/devices/pn532/a.ts:1 floor: the device family 'pn532' imports src/devices/rdm6300/frame.ts: move what both need into a file directly in src/devices",
      ],
    },
    {
      shows: 'the build of the image stands beside the house',
      files: {
        'image/a.ts': "import './stages/b.ts';\nimport '../src/base/c.ts';\nimport 'execa';",
        'image/stages/b.ts':
          "import '../a.ts';\nimport type { D } from '../../src/node/d.ts';\nimport '../../test/e.ts';",
        'src/node/d.ts': "import '../../image/a.ts';",
      },
      says: [
        "image/stages/b.ts:2 floor: imports src/node/d.ts: the image's build imports its own files and src/base; run the program that has the rest",
        'image/stages/b.ts:3 floor: imports test/e.ts: what ships never imports a test; move the code out of test/',
        'src/node/d.ts:1 floor: imports image/a.ts, which is no room of src: move it into one, on a lower floor',
      ],
    },
    {
      shows: 'a room that the table does not hold',
      files: {
        'src/shared/a.ts': '',
        'src/loose.ts': '',
        'dapps/loose.ts': '',
        'src/node/a.ts': "import '../shared/a.ts';\nimport '../../hw/pins.ts';",
      },
      says: [
        'dapps/loose.ts:1 floor: stands in no room of the house: move it into dapps/<name>',
        ...['src/loose.ts:1', 'src/node/a.ts:1', 'src/node/a.ts:2', 'src/shared/a.ts:1'].map((place) =>
          place.startsWith('src/node')
            ? `${place} floor: imports ${place.endsWith('1') ? 'src/shared/a.ts' : 'hw/pins.ts'}, which is no room of src: move it into one, on a lower floor`
            : `${place} floor: stands in no room of the house: move it into src/base, src/format, src/ledger, src/chunks, src/store, src/trees, src/mesh, src/sandbox, src/devices, src/broker, src/updates, src/node, src/console, src/cli`,
        ),
      ],
    },
    {
      shows: 'dapps keep to themselves and the SDK, and what ships keeps out of the tests',
      files: {
        'dapps/door/a.ts':
          "import '../../src/base/json.ts';\nimport type { M } from '../membership/m.ts';\nimport 'ajv';\nimport '../../test/x.ts';",
        'dapps/sdk/a.ts': "import '../../src/base/json.ts';\nimport '../door/a.ts';",
        'src/cli/a.ts': "import '../../test/x.ts';",
      },
      says: [
        'dapps/door/a.ts:1 floor: imports src/base/json.ts: a dapp imports only its own folder and dapps/sdk; ask for it over the line protocol',
        'dapps/door/a.ts:2 floor: imports dapps/membership/m.ts: a dapp imports only its own folder and dapps/sdk; ask for it over the line protocol',
        "dapps/door/a.ts:3 floor: a dapp imports its own folder and dapps/sdk, not the package 'ajv': reach it through the SDK",
        'dapps/door/a.ts:4 floor: imports test/x.ts: what ships never imports a test; move the code out of test/',
        'dapps/sdk/a.ts:1 floor: imports src/base/json.ts: dapps/sdk imports only itself; ask for it over the line protocol',
        'dapps/sdk/a.ts:2 floor: imports dapps/door/a.ts: dapps/sdk imports only itself; ask for it over the line protocol',
        'src/cli/a.ts:1 floor: imports test/x.ts: what ships never imports a test; move the code out of test/',
      ],
    },
  ],
  cycle: [
    {
      shows: 'a cycle of three that holds by types alone',
      files: {
        'src/base/a.ts': "\nimport type { B } from './b.ts';",
        'src/base/b.ts': "export type { C } from './c.ts';",
        'src/base/c.ts': "let a: import('./a.ts').A;",
        'src/base/d.ts': "import './a.ts';",
      },
      says: [
        'src/base/a.ts:2 cycle: import cycle src/base/a.ts -> src/base/b.ts -> src/base/c.ts -> src/base/a.ts: move what they share into a file of its own',
      ],
    },
    {
      shows: 'two cycles, one of a file with itself',
      files: {
        'test/x.ts': "import './x.ts';",
        'dapps/sdk/a.ts': "import './b.ts';",
        'dapps/sdk/b.ts': "import './a.ts';",
      },
      says: [
        'dapps/sdk/a.ts:1 cycle: import cycle dapps/sdk/a.ts -> dapps/sdk/b.ts -> dapps/sdk/a.ts: move what they share into a file of its own',
        'test/x.ts:1 cycle: import cycle test/x.ts -> test/x.ts: move what they share into a file of its own',
      ],
    },
    {
      shows: 'two ways to the same file are no cycle',
      files: {
        'src/base/a.ts': "import './b.ts'; import './c.ts';",
        'src/base/b.ts': "import './d.ts';",
        'src/base/c.ts': "import './d.ts';",
        'src/base/d.ts': '',
      },
      says: [],
    },
  ],
  'dead-file': [
    {
      shows: 'a file that only a test or another dead file imports',
      files: {
        'package.json': BIN,
        'src/cli/main.ts': "import './used.ts';",
        'src/cli/used.ts': '',
        'src/cli/tested.ts': "import './below.ts';",
        'src/cli/below.ts': '',
        'test/cli/tested.test.ts': "import '../../src/cli/tested.ts';",
        'test/cli/load-main.ts': "import '../../src/cli/tested.ts';",
      },
      says: [`src/cli/below.ts:1 ${UNREACHED}`, `src/cli/tested.ts:1 ${UNREACHED}`],
    },
    {
      shows: 'an entry that is not there',
      files: { 'package.json': BIN },
      says: ['package.json:1 dead-file: bin names src/cli/main.ts, which is not there: write or drop it'],
    },
    {
      shows: 'bins, manifests and *-main.ts start files, through types and import() too',
      files: {
        'package.json': JSON.stringify({ bin: './src/cli/main.ts' }),
        'src/cli/main.ts': "import type { A } from './a.ts'; const b = () => import('./b.ts');",
        'src/cli/a.ts': '',
        'src/cli/b.ts': '',
        'src/node/worker-main.ts': '',
        'dapps/door/dapp.json': JSON.stringify({ contract: ['node', '/app/contract.js'], agent: ['./agent.ts'] }),
        'dapps/door/contract.ts': '',
        'dapps/door/agent.ts': '',
      },
      says: [],
    },
  ],
  'dead-export': [
    {
      shows: 'a test may ask the parts of the image, and nobody may keep what not even a test asks',
      files: {
        'image/build-main.ts': "import { a } from './a.ts';",
        'image/a.ts': 'export const a = 1;\nexport const tested = 1;\nexport const idle = 1;',
        'test/image/a.test.ts': "import { tested } from '../../image/a.ts';",
      },
      says: [`image/a.ts:3 dead-export: 'idle' ${UNUSED}`],
    },
    {
      shows: 'what only its own file or a test uses, values and types alike',
      files: {
        'src/base/a.ts': [
          'export const own = 1; const twice = own * 2;',
          'export interface Shape {}',
          'export type Alias = number;',
          'export class Thing {}',
          'export const { left, right } = { left: 1, right: twice };',
          'function late() {} export { late as renamed };',
          'export default late; export function early() {}',
          "export { own as self } from './a.ts'; import { early as again } from './a.ts';",
        ].join('\n'),
        'test/a.test.ts': "import { own } from '../src/base/a.ts';",
      },
      says: [
        'own:1',
        'Shape:2',
        'Alias:3',
        'Thing:4',
        'left:5',
        'right:5',
        'renamed:6',
        'default:7',
        'early:7',
        'self:8',
      ].map((one) => {
        const [name, line] = one.split(':');
        return `src/base/a.ts:${line} dead-export: '${name}' ${UNUSED}`;
      }),
    },
    {
      shows: 'a namespace import uses what it names, and no more',
      files: {
        'src/base/a.ts': 'export const used = 1;\nexport const unused = 2;\nexport type T = 1;',
        'src/base/b.ts': "import * as a from './a.ts'; const x: a.T = a.used;",
      },
      says: [`src/base/a.ts:2 dead-export: 'unused' ${UNUSED}`],
    },
    {
      shows: 'every way to use one, entries, and an allowance',
      files: {
        'src/base/a.ts':
          'export const a = 1; export type B = 1; export const c = 2; export type D = 1; export const e = 3;',
        'src/base/b.ts':
          "import { a as other } from './a.ts'; import type { B } from './a.ts'; export { c } from './a.ts'; let d: import('./a.ts').D.Deep;",
        'src/base/c.ts': "import { c } from './b.ts';",
        'src/base/whole.ts': 'export const x = 1; export const y = 2;',
        'src/base/taker.ts': "import * as whole from './whole.ts'; const list = Object.keys(whole);",
        'src/base/limits.ts': 'export const LOST_MAX = 1;',
        'src/base/space.ts': 'export const s = 1;',
        'src/base/spaced.ts': "export * as space from './space.ts';",
        'src/base/user.ts': "import { space } from './spaced.ts';",
        'src/base/later.ts': 'export const z = 1;',
        'src/base/late.ts': "const later = () => import('./later.ts');",
        'src/node/worker-main.ts': 'export const answer = 1;',
      },
      allowances: [{ rule: 'dead-export', path: 'src/base/a.ts', subject: 'e', reason: 'the C side reads it' }],
      says: [],
    },
  ],
  'dead-cap': [
    {
      shows: 'a cap that only a test or an assertion names',
      files: {
        'src/base/limits.ts':
          "import { assert } from './assert.ts';\nexport const KEPT_MAX = 1;\nexport const LOST_MAX = 2;\nassert(KEPT_MAX < LOST_MAX, 'x');",
        'src/base/a.ts': "import { KEPT_MAX } from './limits.ts';",
        'test/a.test.ts': "import { LOST_MAX } from '../src/base/limits.ts';",
      },
      says: [
        "src/base/limits.ts:3 dead-cap: 'LOST_MAX' caps nothing: no other file of src or dapps imports it; keep it where it belongs, or delete it",
      ],
    },
    {
      shows: 'caps kept by an import, by another cap, or by native code',
      files: {
        'src/base/limits.ts': 'export const A_MAX = 1;\nexport const B_MAX = A_MAX * 2;\nexport const PINS_MAX = 4;',
        'src/base/a.ts': "import { B_MAX } from './limits.ts';",
        'src/devices/pins/native/limits.h': '#define PINS_MAX 4\n',
      },
      says: [],
    },
  ],
};
