import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { seeded } from '../../node/seeded.ts';

/** What is backed up: a folder, and what became of it later. */
export interface Corpus {
  readonly name: string;
  readonly what: string;
  /** Makes `v1` and `v2` in an empty folder. */
  readonly make: (folder: string, made: (name: string) => Promise<string>) => Promise<void>;
}

const MIB = 1024 * 1024;
const RANDOM_BYTES = 1024 * MIB;
const RANDOM_INSERT_BYTES = 1 * MIB;
const ZERO_BYTES = 8 * 1024 * MIB;
const SMALL_FILES = 30_000;
const SMALL_FILE_BYTES_MAX = 8_192;
const SMALL_FILES_A_FOLDER = 100;
/** One of so many small files has changed. */
const SMALL_CHANGED_EVERY = 100;

/** What is on a server that does many things; all of it has had updates since the release. */
const PACKAGES = [
  ...['apt', 'bash', 'bind9', 'coreutils', 'curl', 'dpkg', 'git', 'gnupg', 'imagemagick', 'libc6', 'libglib2.0-0'],
  ...['nginx-core', 'openssh-server', 'openssl', 'perl', 'postgresql-15', 'python3', 'sudo', 'systemd', 'vim'],
];
const RELEASE_NAME = 'bookworm';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

export const ROOTS: Corpus = {
  name: 'roots',
  what: `two root filesystems of Debian ${RELEASE_NAME}: as released, and with its security updates`,
  make: async (folder) => {
    const { release, security } = await archives();
    await unpack(join(folder, 'v1'), [release]);
    await unpack(join(folder, 'v2'), [release, security]);
  },
};

export const CORPORA: readonly Corpus[] = [
  ROOTS,
  {
    name: 'tar',
    what: 'the same two, each as one tar',
    make: async (folder, made) => {
      const roots = await made(ROOTS.name);
      for (const version of ['v1', 'v2']) {
        mkdirSync(join(folder, version));
        const tar = join(folder, version, 'root.tar');
        await execa('tar', ['--create', '--sort=name', '--file', tar, '--directory', join(roots, version), '.']);
      }
    },
  },
  {
    name: 'small',
    what: `${SMALL_FILES} files of up to ${SMALL_FILE_BYTES_MAX} bytes of text, then every ${SMALL_CHANGED_EVERY}th changed`,
    make: async (folder) => {
      smallFiles(join(folder, 'v1'), () => false);
      smallFiles(join(folder, 'v2'), (index) => index % SMALL_CHANGED_EVERY === 0);
    },
  },
  {
    name: 'zeros',
    what: '8 GiB of zeros, a file that is all hole, then a byte longer',
    make: async (folder) => {
      for (const [version, bytes] of [
        ['v1', ZERO_BYTES],
        ['v2', ZERO_BYTES + 1],
      ] as const) {
        mkdirSync(join(folder, version));
        const path = join(folder, version, 'zeros');
        closeSync(openSync(path, 'wx'));
        truncateSync(path, bytes);
      }
    },
  },
  {
    name: 'random',
    what: '1 GiB of noise, then 1 MiB more in the midst of it',
    make: async (folder) => {
      noise(join(folder, 'v1'), 0);
      noise(join(folder, 'v2'), RANDOM_INSERT_BYTES);
    },
  },
];

/** The folder of a corpus, with `v1` and `v2` in it; made once, kept for later runs. */
export async function corpusIn(kept: string, name: string, say: (text: string) => void): Promise<string> {
  const corpus = CORPORA.find((one) => one.name === name);
  if (corpus === undefined) throw new Error(`no corpus is named ${name}`);
  const folder = join(kept, name);
  if (existsSync(folder)) return folder;
  say(`making ${corpus.what}`);
  const draft = `${folder}.draft`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  await corpus.make(draft, (other) => corpusIn(kept, other, say));
  renameSync(draft, folder);
  return folder;
}

/** Reads all of it once, so that nobody is measured who has to wait for the disk. */
export async function warm(folder: string): Promise<void> {
  // By a pipe of ours: GNU tar reads no file whose archive goes to nowhere.
  const options = { cwd: folder, stdout: { file: '/dev/null' }, buffer: false } as const;
  await execa('tar', ['--create', '--file', '-', '.'], options);
}

/** Lines for mmdebstrap, from this machine's own sources. */
async function archives(): Promise<{ readonly release: string; readonly security: string }> {
  const format = '$(CODENAME) $(REPO_URI)';
  const { stdout } = await execa('apt-get', [
    'indextargets',
    '--format',
    format,
    'Created-By: Packages',
    'Component: main',
  ]);
  const line = (suite: string) => {
    const found = stdout.split('\n').find((row) => row.startsWith(`${suite} `));
    if (found === undefined) throw new Error(`the sources of apt have no ${suite}: it is what the corpora are made of`);
    return `deb [signed-by=${KEYRING}] ${found.slice(suite.length + 1)} ${suite} main`;
  };
  return { release: line(RELEASE_NAME), security: line(`${RELEASE_NAME}-security`) };
}

async function unpack(target: string, sources: readonly string[]): Promise<void> {
  const options = ['--quiet', '--variant=extract', `--include=${PACKAGES.join(',')}`];
  await execa('mmdebstrap', [...options, RELEASE_NAME, target, ...sources], { stdin: 'ignore' });
}

const WORDS = 'door reader badge member pulse relay ledger block head merge proof seat branch fact chunk'.split(' ');

function smallFiles(target: string, isChanged: (index: number) => boolean): void {
  for (let index = 0; index < SMALL_FILES; index += 1) {
    const folder = join(target, `${Math.floor(index / SMALL_FILES_A_FOLDER)}`);
    if (index % SMALL_FILES_A_FOLDER === 0) mkdirSync(folder, { recursive: true });
    const random = seeded(2 * index + (isChanged(index) ? 1 : 0));
    const bytes = 1 + random(SMALL_FILE_BYTES_MAX);
    let text = '';
    while (text.length < bytes) text += `${WORDS[random(WORDS.length)]} ${random(1000)} `;
    writeWhole(join(folder, `${index}.txt`), [Buffer.from(text.slice(0, bytes))]);
  }
}

function noise(target: string, insertBytes: number): void {
  mkdirSync(target);
  const pieces = function* () {
    for (let at = 0; at < RANDOM_BYTES; at += MIB) {
      if (at === RANDOM_BYTES / 2 && insertBytes > 0) yield noiseOf(1, insertBytes);
      yield noiseOf(2 + at, MIB);
    }
  };
  writeWhole(join(target, 'noise'), pieces());
}

function noiseOf(seed: number, bytes: number): Buffer {
  const words = new Uint32Array(bytes / 4);
  const random = seeded(seed);
  for (let at = 0; at < words.length; at += 1) words[at] = random(2 ** 32);
  return Buffer.from(words.buffer);
}

function writeWhole(path: string, pieces: Iterable<Uint8Array>): void {
  const file = openSync(path, 'wx');
  try {
    for (const piece of pieces) writeSync(file, piece);
  } finally {
    closeSync(file);
  }
}
