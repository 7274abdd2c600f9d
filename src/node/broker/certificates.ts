import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { JsonObject } from '../../base/json.ts';
import type { Clock } from '../../base/ports.ts';
import { writeFileDurably } from '../../store/files.ts';
import { keyFolder } from '../key-files.ts';
import { damagedKey, readSecret, writeSecret } from '../secret-file.ts';
import { type BoardNames, boardNames } from './network.ts';
import { type KeyPair, makeCa, makeServer } from './openssl.ts';

/**
 * What the broker shows of itself. The CA is made once and lies with the keys, so a backup takes it along and devices
 * need not be told of another. The board's own certificate is made anew when it lacks one of its names or addresses, or runs
 * out; what it has besides does no harm, and an interface that comes and goes makes no new one.
 */

const DAY_MS = 24 * 60 * 60 * 1000;
const LIFE_MS = 10 * 365 * DAY_MS;
/** So long before its end a certificate is made anew. */
const SPARE_MS = 365 * DAY_MS;
/** A clock that was never set must not make one that is over when it is. */
const EARLIEST_MS = Date.UTC(2026, 10, 22);

/** The CA's certificate as PEM, or null where none was made yet. @throws key_damaged, key_exposed. */
export function caCertificate(folder: string): string | null {
  const path = keyFolder(folder).mqttCa;
  return existsSync(path) ? readPair(path).cert : null;
}

export interface CertificateParts {
  /** Of the space. */
  readonly folder: string;
  /** Id of the root block, as text. */
  readonly mesh: string;
  readonly clock: Clock;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** This board's when absent. */
  readonly board?: BoardNames;
}

/**
 * The server's key and certificate, made where they are not there or not right any more.
 * @throws openssl_missing, openssl_failed, key_damaged, key_exposed, file_unwritable.
 */
export async function serverCertificate(parts: CertificateParts): Promise<KeyPair> {
  const { folder, mesh, clock, signal, board = boardNames() } = parts;
  const { mqttCa, mqttServer } = keyFolder(folder);
  const ca = existsSync(mqttCa) ? readPair(mqttCa) : await newCa(mqttCa, mesh, signal);
  const { wallMs, quality } = clock.now();
  const nowMs = quality === 'unknown' ? EARLIEST_MS : Math.max(EARLIEST_MS, wallMs);
  const before = existsSync(mqttServer) ? readPair(mqttServer) : null;
  if (before !== null && isRight(before.cert, ca.cert, board, nowMs)) return before;
  const made = await makeServer(dirname(mqttServer), signal, ca, board, nowMs + LIFE_MS);
  writeFileDurably(mqttServer, jsonOf('mqtt-server', made), 0o600);
  return made;
}

async function newCa(path: string, mesh: string, signal: AbortSignal): Promise<KeyPair> {
  const ca = await makeCa(dirname(path), signal, `blockmesh CA ${mesh.slice(-8)}`);
  writeSecret(path, { kind: 'mqtt-ca', ...ca });
  return ca;
}

function isRight(pem: string, caPem: string, board: BoardNames, nowMs: number): boolean {
  const certificate = new X509Certificate(pem);
  const said = new Set(certificate.subjectAltName?.split(', ') ?? []);
  const wanted = [
    ...board.names.map((name) => `DNS:${name}`),
    ...board.addresses.map((one) => `IP Address:${plainIp(one)}`),
  ];
  return (
    wanted.every((name) => said.has(name)) &&
    certificate.validToDate.getTime() - nowMs > SPARE_MS &&
    certificate.checkIssued(new X509Certificate(caPem))
  );
}

/** As a certificate spells an address: IPv6 in full, in capitals and without zeros in front. */
function plainIp(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail = ''] = address.split('::');
  const [front, back] = [head, tail].map((half) => half.split(':').filter((group) => group !== ''));
  const groups = [...(front ?? [])];
  if (address.includes('::')) while (groups.length + (back ?? []).length < 8) groups.push('0');
  return [...groups, ...(back ?? [])].map((group) => Number.parseInt(group, 16).toString(16).toUpperCase()).join(':');
}

function jsonOf(kind: string, { key, cert }: KeyPair): string {
  return `${JSON.stringify({ kind, key, cert }, null, 2)}\n`;
}

function readPair(path: string): KeyPair {
  const { key, cert }: JsonObject = readSecret(path);
  if (typeof key !== 'string' || typeof cert !== 'string') throw damagedKey(path);
  return { key, cert };
}
