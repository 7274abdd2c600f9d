/** State keys of the built-in dapp `mesh`. */
export const MESH = 'mesh';
export const MESH_VERSION = '0.1.0';

export const MESH_KEY = 'mesh';
export const principalKey = (principal: string): string => `principal/${principal}`;
export const signerKey = (key: string): string => `key/${key}`;
export const roleKey = (principal: string): string => `role/${principal}`;
export const nodeKey = (key: string): string => `node/${key}`;
export const deviceKey = (name: string): string => `device/${name}`;
/** Stands after a restore of that board, until an admin takes it back. */
export const restoredKey = (key: string): string => `restored/${key}`;
/** Names an entry whose body is gone for good, and who took it away. */
export const erasedKey = (block: string, index: number): string => `erased/${block}.${index}`;
/** A device that speaks MQTT to the boards, with what it takes to know it again. */
export const MQTT_PREFIX = 'mqtt/';
export const mqttKey = (device: string): string => `${MQTT_PREFIX}${device}`;
/** On how many other boards a large thing has to lie before one lets it go. */
export const COPIES_KEY = 'copies';
export const dappKey = (dapp: string): string => `dapp/${dapp}`;

/** A public key in state keys and bodies. */
export const KEY_TEXT = /^[0-9a-f]{64}$/;

export const ROLE_ADMIN = 'admin';
export const ROLE_NODE = 'node';
