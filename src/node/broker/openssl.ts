import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { CodedError, codeOf } from '../../base/errors.ts';
import { OPENSSL_MS_MAX } from '../../base/limits.ts';
import type { BoardNames } from './network.ts';
import { OPENSSL_CONFIG } from './openssl-config.ts';

/** Keys and certificates, made by the openssl program in a folder that goes at the end. */

export interface KeyPair {
  /** PEM. */
  readonly key: string;
  /** PEM. */
  readonly cert: string;
}

const DRAFT = '.openssl-';
/**
 * A board that was never on a network, or the device that talks to it, may believe it is 1970: no certificate may be
 * of the future then. `openssl x509` of OpenSSL 3.0 cannot date one back; `openssl ca` can.
 */
const NOT_BEFORE = '700101000000Z';
/** GeneralizedTime, for years from 2050 on (RFC 5280, 4.1.2.5). */
const CA_NOT_AFTER = '20991231235959Z';

/** A new CA. @param name what it is called, letters, digits and spaces. @throws openssl_missing, openssl_failed. */
export async function makeCa(folder: string, signal: AbortSignal, name: string): Promise<KeyPair> {
  return await inDraft(folder, signal, async (draft, run) => {
    writeFileSync(join(draft, 'config'), `${OPENSSL_CONFIG}[alternatives]\n[name]\nCN = ${name}\n`);
    await newKey(run);
    await run('ca', '-selfsign', '-keyfile', 'key.pem', '-in', 'request.pem', ...signing(CA_NOT_AFTER, 'root'));
    return pairIn(draft);
  });
}

/** A certificate of `ca` for a server with these names. @throws openssl_missing, openssl_failed. */
export async function makeServer(
  folder: string,
  signal: AbortSignal,
  ca: KeyPair,
  board: BoardNames,
  endMs: number,
): Promise<KeyPair> {
  return await inDraft(folder, signal, async (draft, run) => {
    const { names, addresses } = board;
    const lines = [
      ...names.map((name, at) => `DNS.${at + 1} = ${name}`),
      ...addresses.map((address, at) => `IP.${at + 1} = ${address}`),
    ];
    const name = `[name]\nCN = ${names.find((one) => one !== 'localhost') ?? 'localhost'}\n`;
    writeFileSync(join(draft, 'config'), `${OPENSSL_CONFIG}[alternatives]\n${lines.join('\n')}\n${name}`);
    for (const [file, text] of [['ca-key.pem', ca.key] as const, ['ca.pem', ca.cert] as const]) {
      writeFileSync(join(draft, file), text, { mode: 0o600 });
    }
    await newKey(run);
    await run(
      'ca',
      '-keyfile',
      'ca-key.pem',
      '-cert',
      'ca.pem',
      '-in',
      'request.pem',
      ...signing(timeOf(endMs), 'server'),
    );
    return pairIn(draft);
  });
}

type Run = (...words: readonly string[]) => Promise<void>;

async function newKey(run: Run): Promise<void> {
  // P-256: a board of ours signs ten times as many handshakes a second with it as with RSA.
  await run('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', 'key.pem');
  await run('req', '-new', '-key', 'key.pem', '-config', 'config', '-out', 'request.pem');
}

function signing(notAfter: string, extensions: string): readonly string[] {
  const dates = ['-startdate', NOT_BEFORE, '-enddate', notAfter];
  return ['-config', 'config', '-batch', '-notext', ...dates, '-extensions', extensions, '-out', 'cert.pem'];
}

/** YYYYMMDDHHMMSSZ. */
function timeOf(epochMs: number): string {
  return `${new Date(epochMs).toISOString().replace(/[-:T]|\.\d+Z$/g, '')}Z`;
}

function pairIn(draft: string): KeyPair {
  const [key, cert] = ['key.pem', 'cert.pem'].map((file) => readFileSync(join(draft, file), 'utf8'));
  return { key: key ?? '', cert: cert ?? '' };
}

async function inDraft(
  folder: string,
  signal: AbortSignal,
  task: (draft: string, run: Run) => Promise<KeyPair>,
): Promise<KeyPair> {
  // What a kill has left of an earlier one.
  for (const name of readdirSync(folder)) {
    if (name.startsWith(DRAFT)) rmSync(join(folder, name), { recursive: true, force: true });
  }
  const draft = mkdtempSync(join(folder, DRAFT));
  try {
    writeFileSync(join(draft, 'index.txt'), '');
    return await task(draft, async (...words) => {
      const result = await execa('openssl', words, {
        cwd: draft,
        cancelSignal: signal,
        reject: false,
        timeout: OPENSSL_MS_MAX,
        stdin: 'ignore',
      });
      if (result.failed) throw failed(words[0] ?? '', result.cause, result.stderr);
    });
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

function failed(command: string, cause: unknown, said: string): CodedError {
  if (codeOf(cause) === 'ENOENT') {
    return new CodedError('openssl_missing', 'the program openssl is not installed, so there is no MQTT over TLS', {
      cause,
      advice: 'Install it as root: apt-get install openssl',
    });
  }
  return new CodedError('openssl_failed', `openssl ${command} failed: ${said.trim().slice(-400)}`, {
    cause,
    advice: 'Check that the folder keys of the space may be written and its disk has room.',
  });
}
