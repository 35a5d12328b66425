using System;
using System.Collections.Generic;
using UnityEngine;

namespace Chipassets
{
    /// <summary>
    /// The music of a game: put it on one GameObject that is kept, with the bundle.
    /// Enter("overworld") whenever the game's scene changes; Leave() goes back to the scene below.
    /// </summary>
    public class ChipassetsMusic : MonoBehaviour
    {
        public ChipassetsBundle bundle;
        [Range(0, 1)] public float volume = 0.8f;

        const double Ahead = 0.05;
        const float StingDuck = 0.2512f; // 12 dB less

        readonly Dictionary<string, int> levels = new Dictionary<string, int>
        {
            { "shop", 1 }, { "battle", 2 }, { "boss", 2 }, { "victory", 2 }, { "menu", 3 },
        };
        readonly List<string> stack = new List<string>();
        readonly Dictionary<string, double> left = new Dictionary<string, double>();
        readonly List<Voice> voices = new List<Voice>();
        readonly Dictionary<string, AudioClip> loopClips = new Dictionary<string, AudioClip>();
        Voice current;
        Change pending;
        float level = 1, levelTo = 1, levelSpeed, duck = 1, duckTo = 1;
        double stingUntil;

        class Change
        {
            public Track track;
            public string scene;
            public double at;
            public float fade;
        }

        class Voice
        {
            public Track track;
            public string scene;
            public double began; // when the file's first sample would have sounded
            public float gain, gainTo, fade;
            public readonly List<AudioSource[]> layers = new List<AudioSource[]>();

            public double Sample(double now)
            {
                return track.Wrap(Math.Max(now - began, 0) * track.rate);
            }
        }

        /// <summary>Be in a scene: over lower ones, in place of equal ones, back to one below.</summary>
        public void Enter(string scene, string when = "now", float fade = 0.8f, params string[] moods)
        {
            int at = stack.IndexOf(scene);
            if (at >= 0) stack.RemoveRange(at + 1, stack.Count - at - 1);
            else
            {
                while (stack.Count > 0 && Level(stack[stack.Count - 1]) >= Level(scene))
                    stack.RemoveAt(stack.Count - 1);
                stack.Add(scene);
            }
            Plan(when, fade, moods);
        }

        /// <summary>Go back to the scene below; the last one cannot be left.</summary>
        public void Leave(string when = "now", float fade = 0.8f)
        {
            if (stack.Count < 2) return;
            stack.RemoveAt(stack.Count - 1);
            Plan(when, fade, new string[0]);
        }

        /// <summary>Let more or fewer of a track's layers sound, 0 to 1.</summary>
        public void Intensity(float value, float fade = 0.6f)
        {
            levelTo = Mathf.Clamp01(value);
            levelSpeed = 1 / Mathf.Max(fade, 0.001f);
        }

        /// <summary>Lower the music by that many decibels until told otherwise; 0 is back.</summary>
        public void Duck(float byDb = 12)
        {
            duckTo = Mathf.Pow(10, -Mathf.Max(byDb, 0) / 20);
        }

        /// <summary>Play a track, or a scene's track, once over the music, which makes room.</summary>
        public void Sting(string name, string when = "now")
        {
            Track track = bundle.Named(name);
            if (track == null || (current != null && current.track == track)) return;
            double at = LineTime(when);
            AudioSource source = NewSource(track.clips[0]);
            source.volume = volume;
            source.PlayScheduled(at);
            stingUntil = at + (double)track.samples / track.rate;
            Destroy(source, (float)(stingUntil - AudioSettings.dspTime) + 1);
        }

        /// <summary>The amplitude of a layer of that many at an intensity: the first always sounds.</summary>
        public static float Share(float level, int layer, int layers)
        {
            if (layer == 0) return 1;
            float point = Mathf.Clamp01(level * Mathf.Max(layers - 1, 1) - (layer - 1));
            return Mathf.Sin(point * Mathf.PI / 2);
        }

        void Update()
        {
            double now = AudioSettings.dspTime;
            if (pending != null && now + Ahead >= pending.at)
            {
                Take(pending, Math.Max(pending.at, now));
                pending = null;
            }
            float passed = Time.unscaledDeltaTime;
            level = Mathf.MoveTowards(level, levelTo, levelSpeed * passed);
            float wanted = Mathf.Min(duckTo, now < stingUntil ? StingDuck : 1);
            duck = Mathf.MoveTowards(duck, wanted, passed / (wanted < duck ? 0.08f : 0.5f));
            for (int i = voices.Count - 1; i >= 0; i--) Tend(voices[i], passed);
        }

        void Tend(Voice voice, float passed)
        {
            float speed = voice.fade > 0 ? passed / voice.fade : 1;
            voice.gain = Mathf.MoveTowards(voice.gain, voice.gainTo, speed);
            float gain = volume * duck * Mathf.Sin(voice.gain * Mathf.PI / 2);
            for (int n = 0; n < voice.layers.Count; n++)
                foreach (AudioSource source in voice.layers[n])
                {
                    source.volume = gain * Share(level, n, voice.layers.Count);
                    if (voice.gainTo == 0 && voice.gain == 0) Destroy(source);
                }
            if (voice.gainTo == 0 && voice.gain == 0) voices.Remove(voice);
        }

        void Plan(string when, float fade, string[] moods)
        {
            string scene = stack[stack.Count - 1];
            Track track = bundle.ForScene(scene, moods);
            if (track == null)
            {
                Debug.LogWarning("chipassets: no track serves the scene \"" + scene + "\"");
                return;
            }
            pending = null;
            if (current != null && current.track == track) current.scene = scene;
            else pending = new Change { track = track, scene = scene, at = LineTime(when), fade = fade };
        }

        void Take(Change change, double at)
        {
            Voice old = current;
            if (old != null)
            {
                if (stack.Contains(old.scene) && old.scene != change.scene)
                    left[old.scene] = old.Sample(at + change.fade);
                old.gainTo = 0;
                old.fade = change.fade;
            }
            double start;
            if (left.TryGetValue(change.scene, out start)) left.Remove(change.scene);
            bool isFirst = voices.Count == 0 && start == 0;
            current = new Voice
            {
                track = change.track, scene = change.scene, gainTo = 1, gain = isFirst ? 1 : 0,
                fade = change.fade, began = at - start / change.track.rate,
            };
            foreach (AudioClip clip in change.track.clips)
                current.layers.Add(Schedule(change.track, clip, (int)start, at));
            voices.Add(current);
        }

        // The file once from a sample on, and its loop scheduled where the file ends: to the sample.
        AudioSource[] Schedule(Track track, AudioClip clip, int start, double at)
        {
            AudioSource once = NewSource(clip);
            once.timeSamples = start;
            once.PlayScheduled(at);
            if (!track.loops) return new[] { once };
            AudioSource loop = NewSource(LoopOf(track, clip));
            loop.loop = true;
            loop.PlayScheduled(at + (double)(track.samples - start) / track.rate);
            return new[] { once, loop };
        }

        // Unity reads no loop points, so the loop is a clip of its own, cut once.
        AudioClip LoopOf(Track track, AudioClip clip)
        {
            AudioClip loop;
            if (loopClips.TryGetValue(clip.name, out loop)) return loop;
            float[] data = new float[track.loop_length * clip.channels];
            clip.GetData(data, track.loop_start);
            loop = AudioClip.Create(clip.name + " loop", track.loop_length, clip.channels, track.rate, false);
            loop.SetData(data, 0);
            loopClips[clip.name] = loop;
            return loop;
        }

        AudioSource NewSource(AudioClip clip)
        {
            AudioSource source = gameObject.AddComponent<AudioSource>();
            source.clip = clip;
            source.playOnAwake = false;
            source.volume = 0;
            return source;
        }

        double LineTime(string when)
        {
            double now = AudioSettings.dspTime;
            if (current == null) return now;
            return now + current.track.ToLine(current.Sample(now), when) / current.track.rate;
        }

        int Level(string scene)
        {
            int found;
            return levels.TryGetValue(scene, out found) ? found : 0;
        }
    }
}
