// What a host of a lab with a network is like to those who log in: its account, its sshd, its programs.
import fs from 'node:fs';
import path from 'node:path';

/**
 * @typedef {object} Login
 * @property {string} [shell]   the login shell: sh (unless told), bash, csh, fish, nologin, or a path
 * @property {string} [rc]      what the shell's rc file prints at each login; bash, unless a shell with an rc file is told
 * @property {Record<string, string | null>} [tools]  programs of /usr/bin and of the lab that are not there (null), or are this script
 * @property {'key' | 'wrong-key' | 'password'} [auth]  whether it takes our key, or others alone, or passwords alone
 * @property {'known' | 'changed' | 'unknown'} [hostKey]
 * @property {string} [probe]   our key can only run ~/.nvwebmon-probe, which holds this
 * @property {boolean} [rebootRequired]  its distribution says so
 */

/** The account of all hosts. */
export const user = 'watch';

/** A file for a locked key as an older version wrote it. It answers nothing but pings. */
export const oldProbe = `echo
echo "@ready 1"
while read -r order id; do
	[ "$order" != ping ] || echo "@$id gone"
done
`;

const shells = { sh: '/bin/sh', bash: '/bin/bash', csh: '/bin/csh', fish: '/usr/bin/fish', nologin: '/usr/sbin/nologin' };
/** As nvidia-smi/jobs.c has them. */
const people = ['alice', 'bob', 'chen', 'dora', 'erik', 'fatima'];
const standIns = ['nvidia-smi', 'ps', 'df', 'getent', 'date'];

/**
 * Writes what belongs to a host, and gives lines for its sshd.
 *
 * @param {{dir: string, labDir: string, labBin: string, host: string, login: Login}} options  `dir` is the host's own
 * @returns {string[]}
 */
export function writeHost({ dir, labDir, labBin, host, login }) {
	const home = path.join(dir, 'home');
	fs.mkdirSync(home, { recursive: true });
	writeInPlace(path.join(dir, 'passwd'), accounts(home, login));
	for (const name of ['.bashrc', '.cshrc', '.config/fish/config.fish'])
		writeRc(path.join(home, name), login.rc);
	fs.copyFileSync(path.join(labDir, 'host_key'), path.join(dir, 'host_key'));
	fs.chmodSync(path.join(dir, 'host_key'), 0o600);
	writeKeys(dir, labDir, home, login);
	fs.rmSync(path.join(dir, 'reboot-required'), { force: true });
	if (login.rebootRequired)
		fs.writeFileSync(path.join(dir, 'reboot-required'), '');
	const bin = writePrograms(dir, labBin, login.tools);
	const settings = [`SetEnv PATH=${bin}:/usr/bin:/bin LAB_DIR=${labDir} LAB_HOST=${host} NVWEBMON_PROC=${labDir}/proc/${host} NVWEBMON_SYS=${labDir}/sys/${host}`];
	if (login.auth === 'password')
		settings.push('PubkeyAuthentication no', 'PasswordAuthentication yes');
	return settings;
}

/**
 * @param {string} home
 * @param {Login} login
 */
function accounts(home, { shell = 'sh', rc }) {
	const chosen = rc !== undefined && shell === 'sh' ? 'bash' : shell;
	const program = shells[/** @type {keyof typeof shells} */ (chosen)] ?? chosen;
	const others = people.map((name, i) => `${name}:x:${1001 + i}:100::/home/${name}:/bin/sh\n`);
	return `${fs.readFileSync('/etc/passwd', 'utf8')}${user}:x:0:0::${home}:${program}\n${others.join('')}`;
}

/**
 * @param {string} file
 * @param {string | undefined} text
 */
function writeRc(file, text) {
	fs.mkdirSync(path.dirname(file), { recursive: true });
	fs.writeFileSync(`${file}.text`, text ?? '');
	fs.writeFileSync(file, text === undefined ? '' : `cat ${file}.text\n`);
}

/**
 * @param {string} dir
 * @param {string} labDir
 * @param {string} home
 * @param {Login} login
 */
function writeKeys(dir, labDir, home, { auth, probe }) {
	const key = fs.readFileSync(path.join(labDir, auth === 'wrong-key' ? 'strange_key.pub' : 'client_key.pub'), 'utf8');
	fs.writeFileSync(path.join(dir, 'authorized_keys'), probe === undefined ? key : `restrict,command="exec sh .nvwebmon-probe" ${key}`);
	fs.rmSync(path.join(home, '.nvwebmon-probe'), { force: true });
	if (probe !== undefined)
		fs.writeFileSync(path.join(home, '.nvwebmon-probe'), probe);
}

/**
 * Makes a /usr/bin without some programs, or with others: links to all that stay. The stand-ins get a directory of their own.
 *
 * @param {string} dir
 * @param {string} labBin
 * @param {Record<string, string | null>} [tools]
 * @returns {string} where the stand-ins are
 */
function writePrograms(dir, labBin, tools) {
	const bin = path.join(dir, 'bin'), lab = path.join(dir, 'lab-bin');
	for (const made of [bin, lab])
		fs.rmSync(made, { recursive: true, force: true });
	if (!tools)
		return labBin;
	if (!fs.lstatSync('/bin').isSymbolicLink())
		throw new Error('programs of a host can be taken away only where /bin is /usr/bin');
	for (const made of [bin, lab, path.join(dir, 'usr-bin')])
		fs.mkdirSync(made, { recursive: true });
	for (const name of fs.readdirSync('/usr/bin').filter((name) => !(name in tools)))
		fs.symlinkSync(path.join(dir, 'usr-bin', name), path.join(bin, name));
	for (const name of standIns.filter((name) => !(name in tools)))
		fs.symlinkSync(path.join(labBin, name), path.join(lab, name));
	for (const [name, script] of Object.entries(tools))
		if (script !== null)
			fs.writeFileSync(path.join(bin, name), script, { mode: 0o755 });
	return lab;
}

/**
 * Writes a file that may be mounted somewhere: it stays the same file.
 *
 * @param {string} file
 * @param {string} text
 */
function writeInPlace(file, text) {
	fs.writeFileSync(file, text, { flag: fs.existsSync(file) ? 'r+' : 'w' });
	fs.truncateSync(file, Buffer.byteLength(text));
}

/**
 * The lines of known_hosts.
 *
 * @param {string} labDir
 * @param {Map<string, Login>} logins
 */
export function knownHosts(labDir, logins) {
	const [key, other] = ['host_key.pub', 'strange_key.pub'].map((name) => fs.readFileSync(path.join(labDir, name), 'utf8'));
	return [...logins].filter(([, login]) => login.hostKey !== 'unknown').map(([host, login]) => `${host} ${login.hostKey === 'changed' ? other : key}`).join('');
}
