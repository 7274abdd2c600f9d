import t from 'tap';
import { showDoors } from './door.ts';

t.test('a node with the C program', (t) => showDoors(t, '/bin/blockmesh-pins', 'low'));
