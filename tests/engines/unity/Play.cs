// Plays a script of calls: Play.exe MUSIC CLIPS SCRIPT HEARD [STREAMED]. Clips are raw floats, mono; the
// samples of the one that is streamed cannot be read.
using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Reflection;
using System.Text.RegularExpressions;
using Chipassets;
using UnityEngine;
using UnityEngine.Audio;

static class Play
{
    static float Number(string text, float otherwise)
    {
        return text == "" ? otherwise : float.Parse(text, CultureInfo.InvariantCulture);
    }

    static string Word(string text)
    {
        return text == "" ? null : text;
    }

    static void Main(string[] files)
    {
        ChipassetsBundle bundle = ScriptableObject.CreateInstance<ChipassetsBundle>();
        JsonUtility.FromJsonOverwrite(File.ReadAllText(files[0]), bundle);
        foreach (Track track in bundle.tracks)
        {
            track.clips = new AudioClip[track.files.Length];
            for (int i = 0; i < track.files.Length; i++)
            {
                byte[] bytes = File.ReadAllBytes(Path.Combine(files[1], track.files[i]));
                float[] data = new float[bytes.Length / 4];
                Buffer.BlockCopy(bytes, 0, data, 0, bytes.Length);
                track.clips[i] = AudioClip.Create(track.files[i], data.Length, 1, Mixer.Rate, false);
                track.clips[i].SetData(data, 0);
                if (files.Length > 4 && track.files[i] == files[4]) track.clips[i].loadType = AudioClipLoadType.Streaming;
            }
        }
        GameObject holder = new GameObject();
        ChipassetsMusic music = holder.AddComponent<ChipassetsMusic>();
        music.bundle = bundle;
        music.output = new AudioMixerGroup();
        MethodInfo update = typeof(ChipassetsMusic).GetMethod("Update", BindingFlags.Instance | BindingFlags.NonPublic);
        Queue<string[]> script = new Queue<string[]>();
        foreach (string line in File.ReadAllLines(files[2])) script.Enqueue(line.Split('\t'));
        string saved = "";
        float stalls = 0;
        using (BinaryWriter heard = new BinaryWriter(File.Create(files[3])))
            while (script.Count > 0)
            {
                while (script.Count > 0 && AudioSettings.dspTime + Mixer.Stalled >= Number(script.Peek()[0], 0))
                {
                    string[] row = script.Dequeue();
                    if (row[1] == "enter")
                        music.Enter(row[2], Word(row[3]), Number(row[4], -1), Word(row[5]),
                            row[6].Split(new[] { ',' }, StringSplitOptions.RemoveEmptyEntries));
                    if (row[1] == "leave") music.Leave(Word(row[2]), Number(row[3], -1), Word(row[4]));
                    if (row[1] == "sting") music.Sting(row[2], row[3], int.Parse(row[4]));
                    if (row[1] == "intensity") music.Intensity(Number(row[2], 1), Number(row[3], 0), row[4]);
                    if (row[1] == "duck") music.Duck(Number(row[2], 12), Number(row[3], 0));
                    if (row[1] == "stop") music.Stop(Number(row[2], 0));
                    if (row[1] == "stall") stalls = Number(row[2], 0);
                    if (row[1] == "pause") music.Pause();
                    if (row[1] == "resume")
                    {
                        Mixer.IsResuming = true;
                        music.Resume();
                        Mixer.IsResuming = false;
                    }
                    if (row[1] == "save") Console.WriteLine("state\t" + (saved = music.State()));
                    if (row[1] == "restore") Console.WriteLine("restored\t" + music.Restore(saved).ToString().ToLower());
                    if (row[1] == "refuse") Console.WriteLine("restored\t" + music.Restore(row[2]).ToString().ToLower());
                    if (row[1] == "slip")
                    {
                        music.Sting("victroy");
                        music.Enter(row[2], "bars", -1, "fead");
                    }
                    if (row[1] == "playing")
                        Console.WriteLine("playing\t" + (music.Core.Playing == null ? "-" : music.Core.Playing.name));
                    if (row[1] == "worn")
                    {
                        string worn = Regex.Replace(saved, "\"sample\": \\d+", "\"sample\": 400000000");
                        Console.WriteLine("restored\t" + music.Restore(worn).ToString().ToLower());
                    }
                    if (row[1] == "gains")
                        foreach (AudioSource source in Mixer.Sources)
                        {
                            if (source.priority != 0 || source.outputAudioMixerGroup != music.output) Console.WriteLine("astray");
                            if (!source.loop) Console.WriteLine("gain\t" + source.clip.name + "\t" + source.volume.ToString(CultureInfo.InvariantCulture));
                        }
                }
                update.Invoke(music, null);
                if (stalls > 0)
                {
                    stalls -= 0.01f;
                    Mixer.Stalled += 0.01;
                    continue;
                }
                foreach (float sample in Mixer.Mix()) heard.Write(sample);
            }
    }
}
