import type { Proofs } from './proof.ts';

// Put together, since the rules read this file too.
const MACHINE = ['', 'work', 'main', 'src'].join('/');
const HOLE = ['$', '{e}'].join('');
const HOME = ['', 'home', 'me', '.cache'].join('/');
const REMEDY = 'is a path of one machine: make it relative, or take it as an argument';

/** Rules about how things are written. */
export const TEXT_PROOFS: Proofs<
  | 'syntax'
  | 'focused-test'
  | 'construct'
  | 'specifier'
  | 'file-name'
  | 'link'
  | 'error-code'
  | 'machine-path'
  | 'lockfile'
  | 'allowance'
> = {
  syntax: [
    {
      shows: 'a file that is not TypeScript',
      files: { 'src/base/a.ts': '\nconst = 1;' },
      says: ['src/base/a.ts:2 syntax: does not parse, so nothing else is checked: Unexpected token'],
    },
    {
      shows: 'TypeScript, and files that are something else',
      files: {
        'src/base/a.ts': 'const a = <T,>(x: T): x is T & {} => x satisfies unknown as T & {} as never;',
        'src/base/b.d.ts': 'export const a: number;',
        'image/build.ts.in': 'const = 1;',
      },
      says: [],
    },
  ],
  'focused-test': [
    {
      shows: 'focus, skips and postponed tests in every form',
      files: {
        'test/a.test.ts': [
          "t.only('x', async () => {});",
          "t.test('x', async (sub) => { sub.skip(`why`); });",
          "t.todo('x');",
          "t.test.skip('x', () => {});",
          "t.test('x', { skip: process.platform }, () => {});",
          "t.test('x', { only: true }, () => {});",
          'it.skip(name, () => {});',
          "t.ok(x, 'x', { todo: 'later' }); t.test(`x`, { todo: 'later' }, () => {});",
        ].join('\n'),
      },
      says: [
        '1 .only',
        '2 .skip',
        '3 .todo',
        '4 .skip',
        '5 { skip }',
        '6 { only }',
        '7 .skip',
        '8 { todo }',
        '8 { todo }',
      ].map((one) => `test/a.test.ts:${one.replace(' ', ' focused-test: ')} hides tests: mend or delete the test`),
    },
    {
      shows: 'other things of these names',
      files: {
        'test/a.test.ts':
          "t.test('x', { skip: false }, () => {}); cursor.skip(4); const a = { only: 1 }; call({ skip: true }); list.only; find('x', { skip: 10 }); t.test('x', { bail: true, ...more, skip() {} });",
        'src/base/a.ts': "const a = () => reader.skip('x');",
      },
      says: [],
    },
  ],
  construct: [
    {
      shows: 'language that we do without',
      files: {
        'src/base/a.ts': [
          'enum A { B }',
          'namespace C { const d = 1; }',
          'class E { constructor(private readonly f: number) {} }',
          "export * from './b.ts';",
          "export * as g from './b.ts';",
          'export default 1;',
          'const h = 1; export { h as default };',
          'let i: any;',
        ].join('\n'),
        'test/a.ts': 'const a = (x: unknown) => x as any;',
      },
      says: [
        "1 'enum' is not erasable: use a union of literals",
        "2 'namespace' is not erasable: a file is the module",
        "3 'parameter property' is not erasable: declare the field",
        "4 'export *' hides what is exported: import from where it is defined",
        "5 'export *' hides what is exported: import from where it is defined",
        "6 'export default' leaves the name to the importer: name the export",
        "7 'export default' leaves the name to the importer: name the export",
        "8 'any' turns the checker off: use unknown and narrow it",
      ]
        .map((one) => `src/base/a.ts:${one.replace(' ', ' construct: ')}`)
        .concat("test/a.ts:1 construct: 'any' turns the checker off: use unknown and narrow it"),
    },
    {
      shows: 'their good neighbours, and one excused',
      files: {
        'src/base/a.ts':
          "type A = 'b' | 'c'; declare module 'untyped' {} declare global {} class E { readonly f: number; constructor(f: number) { this.f = f; } }\nexport { E, any as h }; const any = 1; let i: unknown; import j from 'tap';",
        'test/tool.ts': 'export default {};',
      },
      allowances: [
        { rule: 'construct', path: 'test/tool.ts', subject: 'export default', reason: 'the tool asks for it' },
      ],
      says: [],
    },
  ],
  specifier: [
    {
      shows: 'specifiers that Node or a check cannot follow',
      files: {
        'src/base/a.ts': [
          "import './b';",
          "import type { C } from './c.js';",
          "let d: import('../base').D;",
          "import '/etc/x.ts';",
          "import '#base/x.ts';",
          'const e = (path: string) => import(path);',
        ].join('\n'),
      },
      says: [
        "src/base/a.ts:1 specifier: './b' does not end in .ts: name the file as it is on disk",
        "src/base/a.ts:2 specifier: './c.js' does not end in .ts: name the file as it is on disk",
        "src/base/a.ts:3 specifier: '../base' does not end in .ts: name the file as it is on disk",
        "src/base/a.ts:4 specifier: '/etc/x.ts' is neither relative nor a package: write the relative path",
        "src/base/a.ts:5 specifier: '#base/x.ts' is neither relative nor a package: write the relative path",
        'src/base/a.ts:6 specifier: import() of something other than a literal: no check can follow it',
      ],
    },
    {
      shows: 'files, packages, built-ins, JSON',
      files: {
        'src/base/a.ts':
          "import './b.ts'; import 'pino'; import 'multiformats/cid'; import 'node:fs'; import x from './x.json' with { type: 'json' };",
        'test/a.test.ts': 'const e = (path: string) => import(path);',
      },
      says: [],
    },
  ],
  'file-name': [
    {
      shows: 'grab bags, and code that escapes the checks',
      files: {
        'src/base/util.ts': '',
        'dapps/door/index.ts': '',
        'image/common.ts': '',
        'test/helpers.ts': '',
        'src/node/run.mjs': '',
      },
      says: [
        "dapps/door/index.ts:1 file-name: 'index.ts' says nothing of what is inside: name the one concept, and import it from where it is",
        "image/common.ts:1 file-name: 'common.ts' says nothing of what is inside: name the one concept, and import it from where it is",
        "src/base/util.ts:1 file-name: 'util.ts' says nothing of what is inside: name the one concept, and import it from where it is",
        "src/node/run.mjs:1 file-name: 'run.mjs' is code that no check reads: write it as .ts",
        "test/helpers.ts:1 file-name: 'helpers.ts' says nothing of what is inside: name the one concept, and import it from where it is",
      ],
    },
    {
      shows: 'names of concepts, and other trees',
      files: {
        'src/base/bytes.ts': '',
        'test/fixtures/child.mjs': '',
        'hw/common.ts': '',
        'dapps/door/page.html': '',
      },
      says: [],
    },
  ],
  link: [
    {
      shows: 'links to files, folders and headings that are not there',
      files: {
        'README.md':
          '# Top\n[a](docs/gone.md) ![b](b.png)\n[c](#nowhere)\n[d](src/ledger/README.md#gone)\n\n[e]: gone/\n',
        'src/ledger/README.md': '# Ledger\n[up](../../../x.md)\n```\n# gone\n```\n',
      },
      says: [
        "README.md:2 link: the link 'docs/gone.md' leads nowhere: there is no docs/gone.md",
        "README.md:2 link: the link 'b.png' leads nowhere: there is no b.png",
        "README.md:3 link: the link '#nowhere' leads to no heading of README.md: name one that is there",
        "README.md:4 link: the link 'src/ledger/README.md#gone' leads to no heading of src/ledger/README.md: name one that is there",
        "README.md:6 link: the link 'gone/' leads nowhere: there is no gone",
        "src/ledger/README.md:2 link: the link '../../../x.md' leads nowhere: there is no ../x.md",
      ],
    },
    {
      shows: 'links that lead somewhere, and text that is no link',
      files: {
        'README.md':
          '# Top\n## A `code` & more\n## Same\n## Same\n[a](src/ledger/README.md "title") [b](src/) [c](#a-code--more) [d](#same-1)\n[e](https://example.org/x) [f](mailto:a@b.c) `[g](gone.md)`\n```\n[h](gone.md)\n```\n[i](src/ledger/a.ts#L3)\n',
        'src/ledger/README.md': '[up](../../README.md#top) [here](.)\n',
        'src/ledger/a.ts': '// [gone](gone.md)',
      },
      says: [],
    },
  ],
  'error-code': [
    {
      shows: 'codes in other spellings, as far as the source shows them',
      files: {
        'src/base/a.ts': [
          "const a = () => new CodedError('BadHex', 'x');",
          "const b = (c: boolean) => new CodedError(c ? 'fine' : 'not-fine', 'x');",
          `const d = (e: string) => new CodedError(\`${HOLE} failed\`, 'x');`,
          "const f = (g?: 'fine') => new CodedError(g ?? 'Not', 'x');",
        ].join('\n'),
      },
      says: [
        "src/base/a.ts:1 error-code: the error code 'BadHex' is not snake_case: rename it",
        "src/base/a.ts:2 error-code: the error code 'not-fine' is not snake_case: rename it",
        "src/base/a.ts:3 error-code: the error code 'x failed' is not snake_case: rename it",
        "src/base/a.ts:4 error-code: the error code 'Not' is not snake_case: rename it",
      ],
    },
    {
      shows: 'snake_case, a code that only the run knows, and other errors',
      files: {
        'src/base/a.ts': `const a = (e: string) => [new CodedError('bad_hex_2', 'X Y'), new CodedError(e, 'x'), new CodedError(\`bad_${HOLE}\`, 'x'), new CodedError(e || 'good', 'x'), new Error('Some Text')];`,
        'test/a.ts': "new CodedError('What Ever', 'x');",
      },
      says: [],
    },
  ],
  'machine-path': [
    {
      shows: 'paths of one machine in any file',
      files: { Makefile: `all:\n\tcd ${MACHINE} && make\n`, 'src/base/a.ts': `// see file://${HOME}\n` },
      says: [`Makefile:2 machine-path: '${MACHINE}' ${REMEDY}`, `src/base/a.ts:1 machine-path: '${HOME}' ${REMEDY}`],
    },
    {
      shows: 'paths below others, words, and one excused',
      files: {
        'docs.md': `https://example.org${MACHINE} build${MACHINE} $(pwd)${MACHINE} ~${MACHINE} work/main the root/home `,
        'image/first-boot.sh': `cp key ${HOME}\n`,
      },
      allowances: [
        { rule: 'machine-path', path: 'image/first-boot.sh', subject: HOME, reason: 'a path inside the image' },
      ],
      says: [],
    },
  ],
  lockfile: [
    {
      shows: 'a lock file that names a registry',
      files: { 'package-lock.json': '{\n  "packages": { "x": {\n "resolved": "https://registry.example/x.tgz" } } }' },
      says: [
        'package-lock.json:3 lockfile: "resolved" names a registry: keep omit-lockfile-registry-resolved in .npmrc and run npm install',
      ],
    },
    {
      shows: 'one that names versions and hashes',
      files: { 'package-lock.json': '{ "packages": { "x": { "version": "1.0.0", "integrity": "sha512-" } } }' },
      says: [],
    },
  ],
  allowance: [
    {
      shows: 'an excuse that nothing needs',
      files: { 'src/base/a.ts': 'export const a = 1;' },
      allowances: [
        { rule: 'dead-export', path: 'src/base/a.ts', subject: 'a', reason: 'read by the other side' },
        { rule: 'dead-export', path: 'src/base/a.ts', subject: 'b', reason: 'read by the other side' },
      ],
      says: [
        "test/tidy/allowances.ts:1 allowance: the allowance dead-export for 'b' in src/base/a.ts excuses nothing: delete it",
      ],
    },
    {
      shows: 'an excuse in use',
      files: { 'src/base/a.ts': 'export const a = 1;' },
      allowances: [{ rule: 'dead-export', path: 'src/base/a.ts', subject: 'a', reason: 'read by the other side' }],
      says: [],
    },
  ],
};
