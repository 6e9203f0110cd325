/* Who uses what, from what the hosts tell. Without a browser. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { busy, failed, GiB, gpu, host, process as proc } from './fixtures.mjs';
import { modules } from './modules.mjs';

const { peopleOf, rowsOf, sortPeople } = await modules('model/people', 'model/rows');

const RULE = { memory_percent: 5, utilization_percent: 5 };
const people = (...hosts) => peopleOf(hosts.flatMap((it) => rowsOf(it, it.state === 'ok', RULE)));
const SAMPLED = 1_790_000_000;
const at = (name, gpus) => host(name, { sampled: SAMPLED, gpus });
const idle = (index, user, since) => gpu(index, { memory_used: 30 * GiB, idle_since: since, processes: [proc(user, 'jupyter', 30, 500)] });

test('one person is one line: GPUs, hosts, memory, share, the longest, processes', () => {
	const training = proc('alice', 'train.py', 10, 7000);
	const [alice, bob] = people(
		at('a', [
			busy(0, '', '', { utilization: 90, processes: [training] }),
			busy(1, '', '', { utilization: 70, processes: [{ ...training, memory: 12 * GiB }, proc('bob', 'eval.py', 2, 60)] }),
		]),
		at('b', [idle(0, 'alice', SAMPLED - 7200), idle(1, 'alice', SAMPLED - 3600)]),
	);
	assert.equal(alice.user, 'alice');
	assert.equal(alice.gpus, 4);
	assert.deepEqual(alice.hosts, ['a', 'b']);
	assert.equal(alice.memory, 82 * GiB);
	assert.equal(alice.busyShare, 40);
	assert.equal(alice.held, 2);
	assert.equal(alice.idleSince, SAMPLED - 7200);
	assert.equal(alice.longest, 7000);
	assert.equal(alice.processes, 3, 'one process on two GPUs is one');
	assert.deepEqual([bob.user, bob.gpus, bob.busyShare, bob.held, bob.processes], ['bob', 1, 70, 0, 1]);
});

test('who was on a host that does not answer is not known', () => {
	assert.deepEqual(people(failed('c', {}, { gpus: [busy(0, 'chen', 'x')] })), []);
});

test('all who are not known are one, and come last in any order', () => {
	const list = people(
		at('a', [busy(0, null, 'x'), busy(1, null, 'y'), busy(2, null, 'z'), busy(3, 'zoe', 'x'), busy(4, 'adam', 'x'), busy(5, 'adam', 'x')]),
	);
	const names = (word) => sortPeople(list, word).map(({ user }) => user);
	assert.deepEqual(names(null), ['adam', 'zoe', null]);
	assert.deepEqual(names('-gpus'), ['zoe', 'adam', null]);
	assert.deepEqual(names('person'), ['adam', 'zoe', null]);
	assert.deepEqual(names('-person'), ['zoe', 'adam', null]);
	assert.deepEqual(names('what is that'), ['adam', 'zoe', null]);
	assert.equal(list.at(-1).gpus, 3);
});

test('a person of whom every process was only concluded is marked, one of whom one is certain is not', () => {
	const concluded = { owner: 'root', inferred: 'home' };
	const [a] = people(at('a', [busy(0, '', '', { processes: [proc('alice', 'x', 1, 1, concluded)] })]));
	assert.equal(a.inferred, true);
	const [b] = people(at('a', [busy(0, '', '', { processes: [proc('alice', 'x', 1, 1, concluded), proc('alice', 'y', 1, 1)] })]));
	assert.equal(b.inferred, false);
});

test('orders have the most of it first, and the longest idle before the shorter', () => {
	const list = people(
		at('a', [idle(0, 'short', SAMPLED - 100), idle(1, 'long', SAMPLED - 9000), busy(2, 'busy', 'x', { utilization: 99 }), busy(3, 'null', 'x', { utilization: null })]),
	);
	const names = (word) => sortPeople(list, word).map(({ user }) => user);
	assert.deepEqual(names('idle').slice(0, 2), ['long', 'short']);
	assert.equal(names('busy')[0], 'busy');
	assert.equal(names('busy').at(-1), 'null', 'what is not told is no share');
	assert.equal(names('longest')[0] === 'busy' || names('longest')[0] === 'null', true);
});
