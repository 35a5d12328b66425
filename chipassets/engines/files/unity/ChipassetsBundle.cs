using System;
using UnityEngine;

namespace Chipassets
{
    /// <summary>What the player knows of a track: samples are of the file, bars count from 0.</summary>
    [Serializable]
    public class Track
    {
        public string name;
        public string scene;
        public string[] moods;
        public string match;
        public int rate;
        public int samples;
        public bool loops;
        public int loop_start;
        public int loop_length;
        public int loop_start_bar;
        public int loop_bars;
        public int bars;
        public double bpm;
        public float beats_per_bar;
        public int felt_beats;
        public string[] files;

        /// <summary>The clips of the files, which sound together; the importer fills them in.</summary>
        public AudioClip[] clips;

        /// <summary>Where in the file a position lies: loops go round, others stop.</summary>
        public double Wrap(double sample)
        {
            if (!loops) return Math.Min(sample, samples);
            if (sample < loop_start) return sample;
            return loop_start + (sample - loop_start) % loop_length;
        }

        /// <summary>Samples from one of the file to its next "beat" or "bar"; 0 for "now".</summary>
        public double ToLine(double sample, string when)
        {
            if (when == "now" || (!loops && sample >= samples)) return 0;
            double start = 0, bar;
            if (!loops) bar = 60.0 * beats_per_bar * rate / bpm;
            else if (sample < loop_start) bar = (double)loop_start / loop_start_bar;
            else
            {
                start = loop_start;
                bar = (double)loop_length / loop_bars;
            }
            double unit = when == "beat" ? bar / felt_beats : bar;
            double into = (sample - start) % unit;
            return into < 1 ? 0 : unit - into;
        }
    }

    /// <summary>The tracks of a bundle, imported from a file .chipmusic.</summary>
    public class ChipassetsBundle : ScriptableObject
    {
        public string game;
        public Track[] tracks;

        /// <summary>The scene's track with the most of the moods; null if none serves it.</summary>
        public Track ForScene(string scene, params string[] moods)
        {
            Track best = null;
            int bestPoints = 0;
            foreach (Track track in tracks)
            {
                if (track.scene != scene) continue;
                int shared = 0;
                foreach (string mood in moods)
                    if (Array.IndexOf(track.moods, mood) >= 0) shared++;
                int points = moods.Length > 0 ? shared * 100 - (track.moods.Length - shared) : 0;
                if (best != null && points <= bestPoints) continue;
                best = track;
                bestPoints = points;
            }
            return best;
        }

        /// <summary>The track of that name, else the scene's; null for neither.</summary>
        public Track Named(string name)
        {
            foreach (Track track in tracks)
                if (track.name == name) return track;
            return ForScene(name);
        }
    }
}
