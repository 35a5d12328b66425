using System;
using System.Collections.Generic;
using UnityEngine;
using UnityEngine.Audio;

namespace Chipassets
{
    /// <summary>
    /// The music of a game: put it on one GameObject that is kept, with the bundle.
    /// Enter("overworld") whenever the game's scene changes; Leave() goes back to the scene below.
    /// </summary>
    public class ChipassetsMusic : MonoBehaviour, IBackend
    {
        public ChipassetsBundle bundle;
        [Range(0, 1)] public float volume = 0.8f;
        [Range(0, 1)] public float musicVolume = 1;
        [Range(0, 1)] public float stingVolume = 1;
        public AudioMixerGroup output;

        readonly Dictionary<string, AudioClip> loopClips = new Dictionary<string, AudioClip>();
        MusicCore core;

        /// <summary>Scenes' levels, rules, the track that plays and its place.</summary>
        public MusicCore Core
        {
            get
            {
                if (core != null) return core;
                if (bundle == null)
                    Debug.LogError("chipassets: ChipassetsMusic has no bundle; drag music.chipmusic onto its field Bundle");
                return core = new MusicCore(bundle == null ? new Track[0] : bundle.tracks, this);
            }
        }

        /// <summary>Enter a scene; when, fade (seconds) and how replace the rule's where they are given.</summary>
        public void Enter(string scene, string when = null, float fade = -1, string how = null, params string[] moods)
        {
            Core.Enter(scene, when, fade, how, moods);
        }

        /// <summary>Leave the scene for the one below; the last one cannot be left.</summary>
        public void Leave(string when = null, float fade = -1, string how = null)
        {
            Core.Leave(when, fade, how);
        }

        /// <summary>Fade to silence and forget every scene.</summary>
        public void Stop(float fade = 0.8f)
        {
            Core.Stop(fade);
        }

        /// <summary>Pause the music, fades, stings and pending changes until Resume().</summary>
        public void Pause()
        {
            Core.Pause();
        }

        /// <summary>Resume where Pause() stopped.</summary>
        public void Resume()
        {
            Core.Resume();
        }

        /// <summary>Set how many of a track's layers sound, 0 to 1.</summary>
        public void Intensity(float value, float fade = 0.6f, string when = "now")
        {
            Core.Intensity(value, fade, when);
        }

        /// <summary>Lower the music by some decibels until the next call; 0 restores it.</summary>
        public void Duck(float byDb = 12, float fade = 0.15f)
        {
            Core.Duck(byDb, fade);
        }

        /// <summary>Play a track, or a scene's track, once over the music, which is ducked.</summary>
        public void Sting(string name, string when = "now", int priority = 0)
        {
            Core.PlaySting(name, when, priority);
        }

        /// <summary>The state of the music, as JSON for a save game.</summary>
        public string State()
        {
            return Core.State().ToJson();
        }

        /// <summary>Restore a value of State() with a crossfade. Returns whether it was a state.</summary>
        public bool Restore(string json, float fade = 0.8f)
        {
            MusicState state = null;
            try
            {
                // A missing list is an empty one to JsonUtility.
                if (json != null && json.Contains("\"scenes\"")) state = JsonUtility.FromJson<MusicState>(json);
            }
            catch (ArgumentException)
            {
                // Not JSON: Restore says so.
            }
            return Core.Restore(state, fade);
        }

        void Update()
        {
            Core.volume = volume;
            Core.musicVolume = musicVolume;
            Core.stingVolume = stingVolume;
            Core.Update();
        }

        double IBackend.Now
        {
            get { return AudioSettings.dspTime; }
        }

        void IBackend.Warn(string text)
        {
            Debug.LogWarning(text);
        }

        IVoice IBackend.Start(Track track, int sample, double at)
        {
            if (track.clips == null || track.clips.Length != track.files.Length || Array.IndexOf(track.clips, null) >= 0)
            {
                Debug.LogWarning("chipassets: track '" + track.name + "' stays silent: a clip of it is missing; import music.chipmusic again");
                return null;
            }
            AudioClip[] loops = new AudioClip[track.clips.Length];
            for (int i = 0; i < loops.Length && track.loops; i++)
            {
                loops[i] = LoopOf(track, track.clips[i]);
                if (loops[i] != null) continue;
                Debug.LogWarning("chipassets: track '" + track.name + "' stays silent: the samples of its clip '"
                    + track.clips[i].name + "' cannot be read; import it with Load Type Decompress On Load and Preload Audio Data");
                return null;
            }
            Sounds sounds = new Sounds();
            for (int i = 0; i < loops.Length; i++) sounds.layers.Add(Schedule(track, i, loops[i], sample, at));
            return sounds;
        }

        class Sounds : IVoice
        {
            public readonly List<AudioSource[]> layers = new List<AudioSource[]>();

            public void SetGain(int layer, float gain)
            {
                foreach (AudioSource source in layers[layer]) source.volume = gain;
            }

            public void Stop()
            {
                foreach (AudioSource[] layer in layers)
                    foreach (AudioSource source in layer) Destroy(source);
            }
        }

        // The file once from a sample on, and its loop scheduled where the file ends: to the sample.
        AudioSource[] Schedule(Track track, int layer, AudioClip loopClip, int start, double at)
        {
            AudioSource once = NewSource(track.clips[layer]);
            once.timeSamples = start;
            once.PlayScheduled(at);
            if (!track.loops) return new[] { once };
            AudioSource loop = NewSource(loopClip);
            loop.loop = true;
            loop.PlayScheduled(at + (double)(track.samples - start) / track.rate);
            return new[] { once, loop };
        }

        // Unity reads no loop points, so the loop is a clip of its own, cut once; null where the clip is
        // streamed or kept compressed, so that its samples cannot be read.
        AudioClip LoopOf(Track track, AudioClip clip)
        {
            AudioClip loop;
            if (loopClips.TryGetValue(clip.name, out loop)) return loop;
            float[] data = new float[track.loop_length * clip.channels];
            if (clip.loadType != AudioClipLoadType.DecompressOnLoad || !clip.GetData(data, track.loop_start)) return null;
            loop = AudioClip.Create(clip.name + " loop", track.loop_length, clip.channels, track.rate, false);
            loop.SetData(data, 0);
            loopClips[clip.name] = loop;
            return loop;
        }

        AudioSource NewSource(AudioClip clip)
        {
            AudioSource source = gameObject.AddComponent<AudioSource>();
            source.clip = clip;
            source.outputAudioMixerGroup = output;
            source.priority = 0; // of all sources the last whose voice Unity takes away
            source.playOnAwake = false;
            source.volume = 0;
            return source;
        }
    }
}
