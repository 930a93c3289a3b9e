// Sound of the console and of the map: for unacknowledged alarms of priority 1, and of 2 where chosen; never for anything else. Off until somebody
// turns it on, and the button says when the browser still holds it back. A dead stream sounds once: silence must not pass for calm.
import { owedByPriority } from "./alarms.js";

const KEPT_AS = "cw-alarm-sound";
const MODES = ["off", "1", "12"];
const WORDS = { off: "sound_off", 1: "sound_1", 12: "sound_12" };
const EVERY_MS = { 1: 2000, 2: 6000 };
// [frequency Hz, start s, length s]
const TONES = {
  1: [[880, 0, 0.16], [660, 0.2, 0.16], [880, 0.4, 0.16], [660, 0.6, 0.16]],
  2: [[660, 0, 0.18], [660, 0.3, 0.18]],
  dead: [[330, 0, 0.5]],
};
const LOUD = 0.18;

let word = (name) => name;
let context = null;
let mode = MODES.includes(localStorage.getItem(KEPT_AS)) ? localStorage.getItem(KEPT_AS) : "off";
let soundedAt = { 1: -Infinity, 2: -Infinity };

const isBlocked = () => mode !== "off" && context?.state !== "running";

async function ready() {
  context ??= new AudioContext();
  if (context.state !== "running") await Promise.race([context.resume(), new Promise((resolve) => setTimeout(resolve, 300))]);
  return context.state === "running";
}

async function play(name) {
  if (!(await ready().catch(() => false))) return false;
  for (const [hertz, from, length] of TONES[name]) beep(hertz, context.currentTime + from, length);
  return true;
}

function beep(hertz, at, length) {
  const oscillator = new OscillatorNode(context, { type: "square", frequency: hertz });
  const gain = new GainNode(context, { gain: 0 });
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(LOUD, at + 0.01);
  gain.gain.setValueAtTime(LOUD, at + length - 0.02);
  gain.gain.linearRampToValueAtTime(0, at + length);
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(at);
  oscillator.stop(at + length);
}

/** Which tone is due: 1, 2 or none. */
export function due(counts, chosen) {
  if (chosen === "off") return 0;
  if (counts[1] > 0) return 1;
  return chosen === "12" && counts[2] > 0 ? 2 : 0;
}

async function sound() {
  const level = due(owedByPriority(), mode);
  show(level > 0);
  if (!level || performance.now() - soundedAt[level] < EVERY_MS[level]) return;
  soundedAt[level] = performance.now();
  await play(level);
}

function show(isSounding = false) {
  const button = document.querySelector("[data-sound]");
  button.setAttribute("aria-pressed", String(mode !== "off"));
  button.dataset.mode = mode;
  const text = isBlocked() ? word("sound_blocked") : isSounding && context ? `${word(WORDS[mode])} · ${word("sound_playing")}` : word(WORDS[mode]);
  const words = button.querySelector("[data-sound-words]");
  if (words.textContent !== text) words.textContent = text;
  const use = button.querySelector("use");
  const address = use.getAttribute("href").replace(/#.*/, mode === "off" ? "#volume-off" : "#volume");
  if (use.getAttribute("href") !== address) use.setAttribute("href", address);
}

async function turn() {
  // The first press of a page lets the sound through that was armed before.
  if (!isBlocked()) mode = MODES[(MODES.indexOf(mode) + 1) % MODES.length];
  localStorage.setItem(KEPT_AS, mode);
  if (mode !== "off") await ready().catch(() => false);
  show();
  sound();
}

/** `say(name)`: the page's words for sound_off, sound_1, sound_12, sound_blocked, sound_playing. */
export function startSound(say) {
  word = say;
  document.querySelector("[data-sound]").addEventListener("click", turn);
  document.querySelector("[data-sound-test]")?.addEventListener("click", () => play(1).then(() => show()));
  document.addEventListener("cw:alarms-changed", sound);
  document.addEventListener("cw:stream", ({ detail }) => detail.state === "dead" && mode !== "off" && play("dead"));
  // Any key or press lets the browser give the sound free.
  for (const name of ["pointerdown", "keydown"]) document.addEventListener(name, () => isBlocked() && ready().then(() => show()).catch(() => {}), { passive: true });
  setInterval(sound, 500);
  show();
}
