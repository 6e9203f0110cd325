/* jsx: what tags become. The build gives it to every file (build.mjs); it makes a smaller page than the automatic runtime's own functions. */
export { Fragment, h } from 'preact';
