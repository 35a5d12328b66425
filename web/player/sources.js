/** Which files of a track are played. */

/** @param {BundleFile} file */
export const isOgg = (file) => /\.ogg$/i.test(file.path);

/**
 * Lists of files that sound together as the track, the best first: its registers, its layers, then
 * the mix in each format. Registers that must be rendered before they sound come behind OGG. What
 * the browser does not play comes last, in case that is not so.
 * @param {Track} track
 * @param {boolean} hasOgg
 * @param {boolean} [hasSynth]
 * @param {boolean} [streams]
 */
export function waysToPlay(track, hasOgg, hasSynth = false, streams = false) {
  const layers = track.layers?.length ? [track.layers] : [];
  const { ogg, flac, wav } = track.files;
  const synth = hasSynth && track.files.synth ? [[track.files.synth]] : [];
  /** @param {BundleFile[]} files */
  const singles = (...files) => files.filter((file) => file).map((file) => [file]);
  const ways = streams
    ? [...synth, ...layers, ...singles(ogg, flac, wav)]
    : [...layers, ...singles(ogg), ...synth, ...singles(flac, wav)];
  /** @param {BundleFile[]} files */
  const plays = (files) => hasOgg || !files.some(isOgg);
  return [...ways.filter(plays), ...ways.filter((files) => !plays(files))];
}

/** Whether the browser claims to decode Ogg Vorbis; true outside of a page. */
export function playsOgg() {
  return (
    !globalThis.Audio || new globalThis.Audio().canPlayType('audio/ogg; codecs="vorbis"') !== ""
  );
}
